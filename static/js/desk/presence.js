// Presence: while the page of a call is open, its reporter is held, so that no colleague dials the same number.

import { tryStorage } from "../shared/storage.js";
import { showNotice } from "./notice.js";
import { BUSY, post } from "./server.js";

const RENEW_EVERY = 4 * 60 * 1000;
/** Name under which a tab remembers the call that it holds. */
const HELD_CALL = "desk-mine";

/**
 * Holds the reporter of the call, and frees the reporter when the page is left.
 *
 * @param {HTMLElement} desk names call and addresses
 * @param {import("./leaving.js").Leaving} leaving
 */
export function startPresence(desk, leaving) {
  const { call, hold, release } = desk.dataset;
  window.addEventListener("pagehide", () => {
    if (release && !leaving.keepsReporter) post(release, { headers: { "X-Leaving": "1" } });
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload(); // the browser's way back must not show a call that is over
  });
  if (isReloadOf(call)) document.getElementById("open")?.requestSubmit();
  tryStorage(() => sessionStorage.setItem(HELD_CALL, hold ? call : ""));
  if (!hold) return;
  renew(desk); // after a reload the page that was left may have freed the reporter
  setInterval(() => renew(desk), RENEW_EVERY);
}

// A reload leaves the page for a moment, which frees the reporter: then the call is opened again.
function isReloadOf(call) {
  const [entry] = performance.getEntriesByType("navigation");
  return entry?.type === "reload" && tryStorage(() => sessionStorage.getItem(HELD_CALL)) === call;
}

async function renew(desk) {
  if (document.hidden) return;
  const response = await post(desk.dataset.hold, { headers: { "X-Automatic": "call" } });
  if (response && !response.ok && response.status !== BUSY) showNotice(desk.dataset.lost);
}
