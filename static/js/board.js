// The lead's board refreshes itself, part by part; focus and text being typed are kept.

import { centreTime } from "./shared/clock.js";

const REFRESH_EVERY = 20 * 1000;
const board = document.querySelector("[data-board]");
const note = document.getElementById("refreshed");
const isInput = (element) =>
  element?.matches?.('textarea, select, input:not([type="hidden"]):not([type="submit"])');
let refreshedAt = now();

function now() {
  return centreTime(Date.now(), { timeStyle: "medium" });
}

const focusable = (part) => [...part.querySelectorAll("a, button, input, summary, [tabindex]")];

function addressOf(element) {
  return element.getAttribute("href") || element.closest("form")?.getAttribute("action") || element.id;
}

// The focused element is found again in the new part by its address, the address of its form, or its position.
function positionOf(part, element) {
  return { index: focusable(part).indexOf(element), address: addressOf(element) };
}

function focusAgain(part, { index, address }) {
  const elements = focusable(part);
  const found =
    elements.find((element) => address && addressOf(element) === address) || elements[index] || part;
  found.focus({ preventScroll: true });
}

function replace(part, fresh) {
  const focus = document.activeElement;
  const holdsFocus = part !== focus && part.contains(focus);
  const hasText = [...part.querySelectorAll("input:not([type=hidden]), textarea")].some(
    (field) => field.value !== field.defaultValue,
  );
  if (hasText || (holdsFocus && isInput(focus)) || part.innerHTML === fresh.innerHTML) return;
  const position = holdsFocus ? positionOf(part, focus) : null;
  const unfolded = [...part.querySelectorAll("details[open]")].map((details) =>
    details.getAttribute("hx-get"),
  );
  part.innerHTML = fresh.innerHTML;
  window.htmx?.process(part);
  part.querySelectorAll("details").forEach((details) => {
    details.open = unfolded.includes(details.getAttribute("hx-get"));
  });
  if (position) focusAgain(part, position);
}

async function refresh() {
  if (document.hidden || document.querySelector("dialog[open]")) return;
  const response = await fetch(board.dataset.board, {
    headers: { Accept: "text/html", "X-Automatic": "1" },
  }).catch(() => null);
  if (!response?.ok || response.redirected) {
    note.textContent = `${note.dataset.offline} ${refreshedAt}`;
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh) replace(part, fresh);
  }
  refreshedAt = now();
  note.textContent = `${note.dataset.words} ${refreshedAt}`;
}

if (board) {
  setInterval(refresh, REFRESH_EVERY);
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("board:refresh", refresh);
}
