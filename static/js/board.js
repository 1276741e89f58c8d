// The lead's board refreshes by itself: part by part, without taking the focus or what is being typed.

const EVERY = 20 * 1000;
const board = document.querySelector("[data-board]");
const note = document.getElementById("refreshed");
const isTyped = (element) =>
  element?.matches?.('textarea, select, input:not([type="hidden"]):not([type="submit"])');
let last = clock();

function clock() {
  const zone = document.body.dataset.zone; // the centre's, whatever this machine's is
  return new Date().toLocaleTimeString([], { timeStyle: "medium", hourCycle: "h23", timeZone: zone });
}

// What had the focus, found again in the new part: by its address, the address of its form, or its place.
function placeOf(part, element) {
  const alike = [...part.querySelectorAll("a, button, input, summary, [tabindex]")];
  return { n: alike.indexOf(element), key: keyOf(element) };
}

function keyOf(element) {
  return element.getAttribute("href") || element.closest("form")?.getAttribute("action") || element.id;
}

function focusAgain(part, place) {
  const alike = [...part.querySelectorAll("a, button, input, summary, [tabindex]")];
  const found = alike.find((one) => place.key && keyOf(one) === place.key) || alike[place.n] || part;
  found.focus({ preventScroll: true });
}

function replace(part, fresh) {
  const focus = document.activeElement;
  const holdsFocus = part !== focus && part.contains(focus);
  const typed = [...part.querySelectorAll("input:not([type=hidden]), textarea")].some(
    (one) => one.value !== one.defaultValue,
  );
  if (typed || (holdsFocus && isTyped(focus)) || part.innerHTML === fresh.innerHTML) return;
  const place = holdsFocus ? placeOf(part, focus) : null;
  const unfolded = [...part.querySelectorAll("details[open]")].map((one) => one.getAttribute("hx-get"));
  part.innerHTML = fresh.innerHTML;
  window.htmx?.process(part);
  for (const one of part.querySelectorAll("details"))
    one.open = unfolded.includes(one.getAttribute("hx-get"));
  if (place) focusAgain(part, place);
}

async function refresh() {
  if (document.hidden || document.querySelector("dialog[open]")) return;
  const answer = await fetch(board.dataset.board, {
    headers: { Accept: "text/html", "X-Automatic": "1" },
  }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    note.textContent = `${note.dataset.offline} ${last}`;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh) replace(part, fresh);
  }
  last = clock();
  note.textContent = `${note.dataset.words} ${last}`;
}

if (board) {
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("board:refresh", refresh);
}
