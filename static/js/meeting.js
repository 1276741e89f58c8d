// Meeting mode by keyboard: move, choose, save. What is typed and not saved survives a move on this device.

import { isTextField } from "./shared/fields.js";
import { tryStorage } from "./shared/storage.js";

const form = document.querySelector("form[data-draft]");
/** Names the version of what is edited: once it is saved, the page has another key. */
const draftKey = form && `meeting:${form.dataset.draft}`;

const isChoice = (field) => /radio|checkbox/.test(field.type);
const editableFields = () => [...form.elements].filter((field) => field.name && field.type !== "hidden");
const currentValues = () => editableFields().map((field) => (isChoice(field) ? field.checked : field.value));

function keepDraft() {
  tryStorage(() => sessionStorage.setItem(draftKey, JSON.stringify(currentValues())));
}

function restoreDraft() {
  const draft = tryStorage(() => JSON.parse(sessionStorage.getItem(draftKey)));
  const fields = editableFields();
  if (!draft || draft.length !== fields.length || form.querySelector("[role=alert]")) return;
  if (JSON.stringify(draft) === JSON.stringify(currentValues())) return;
  fields.forEach((field, index) => {
    if (isChoice(field)) field.checked = draft[index];
    else field.value = draft[index];
  });
  const note = document.getElementById("draft-note");
  if (note) note.hidden = false;
}

if (form) {
  restoreDraft();
  form.addEventListener("input", keepDraft);
  form.addEventListener("submit", () => tryStorage(() => sessionStorage.removeItem(draftKey)));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form?.requestSubmit();
  } else if (event.ctrlKey || event.metaKey || event.altKey) {
    // The browser's own.
  } else if (isTextField(event.target)) {
    if (event.key === "Escape") event.target.blur();
  } else {
    pressOnPage(event);
  }
});

function pressOnPage(event) {
  const choices = form ? form.querySelectorAll("[name=decision]") : [];
  if (event.key === "ArrowLeft" || event.key === "PageUp") {
    event.preventDefault();
    moveTo("previous");
  } else if (event.key === "ArrowRight" || event.key === "PageDown") {
    event.preventDefault();
    moveTo("next");
  } else if (/^[1-9]$/.test(event.key) && choices[event.key - 1]) {
    event.preventDefault();
    choose(choices[event.key - 1]);
  } else if (event.key === "f" || event.key === "F") {
    toggleFullscreen();
  }
}

function moveTo(neighbour) {
  document.querySelector(`[data-move="${neighbour}"]`)?.click();
}

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.();
}

// Chooses a decision; the focus goes to the first field that the decision asks for.
function choose(decision) {
  decision.checked = true;
  decision.dispatchEvent(new Event("input", { bubbles: true }));
  decision.dispatchEvent(new Event("change", { bubbles: true }));
  const asked =
    form.querySelector(`.for-${decision.value}`) || form.querySelector("[name=reason]")?.parentElement;
  asked?.querySelector("textarea, select, input")?.focus();
}
