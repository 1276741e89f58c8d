/**
 * The time of day at the centre, whatever zone this machine is in.
 *
 * @param {Date | number} at
 * @param {Intl.DateTimeFormatOptions} [style] which parts are shown
 * @param {string} [zone] the page names the centre's
 */
export function centreTime(
  at,
  style = { hour: "2-digit", minute: "2-digit" },
  zone = document.body.dataset.zone,
) {
  return new Date(at).toLocaleTimeString([], { ...style, hourCycle: "h23", timeZone: zone });
}
