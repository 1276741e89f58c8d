// Keys: an element shows its key in `data-key` and is pressed by it; in an open panel `data-panel-key` counts instead.

import { chooseOrTakeBack } from "./answers.js";
import { isTextField } from "../shared/fields.js";

/**
 * The key as `data-key` spells it. An input method for Chinese hides it from `event.key`: then the place on the
 * keyboard counts.
 *
 * @param {{ key: string, code: string }} event
 */
export function keyName({ key, code }) {
  if (key === "Process" || key === "Unidentified") return code.replace(/^(Key|Digit|Numpad)/, "");
  return key.length === 1 ? key.toUpperCase() : key;
}

/**
 * What a key does inside a text field, where letters are text.
 *
 * @param {{ key: string, ctrlKey: boolean }} event
 * @param {boolean} isInPanel
 * @returns {"leave" | "submitPanel" | "save" | null}
 */
export function textFieldAction({ key, ctrlKey }, isInPanel) {
  if (key === "Escape") return "leave";
  if (key === "Enter" && isInPanel) return "submitPanel";
  if (key === "Enter" && ctrlKey) return "save";
  return null;
}

export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    const focused = document.activeElement;
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    if (isTextField(focused)) {
      pressInTextField(event, focused);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !activatesItself(event, focused)) {
      pressOnPage(event);
    }
  });
}

const activatesItself = (event, focused) => event.key === "Enter" && focused?.matches("a, button, summary");

function pressInTextField(event, field) {
  const action = textFieldAction(event, Boolean(field.closest("[data-panel]")));
  if (action === "leave") {
    field.blur();
  } else if (action === "submitPanel") {
    event.preventDefault();
    field.parentElement.querySelector("button").click();
  } else if (action === "save") {
    event.preventDefault();
    document.querySelector('[data-key="Enter"]')?.click();
  }
}

function pressOnPage(event) {
  const key = keyName(event);
  const panel = document.querySelector("details[data-panel][open]");
  const element = panel ? elementInPanel(panel, key) : elementOnPage(key);
  const closesPanel = panel && !element && (key === "Escape" || key === panel.dataset.panel);
  if (element || closesPanel) event.preventDefault();
  if (closesPanel) panel.open = false;
  if (element) press(element);
}

const elementInPanel = (panel, key) =>
  [...panel.querySelectorAll("[data-panel-key]")].find((element) => element.dataset.panelKey === key);

const elementOnPage = (key) =>
  [...document.querySelectorAll("[data-key]")].find(
    (element) => element.dataset.key === key && isShown(element) && !element.disabled,
  );

// A radio button itself is invisible: its label is what people see.
const isShown = (element) => (element.labels?.[0] || element).getClientRects().length > 0;

function press(element) {
  if (element.type === "radio") chooseOrTakeBack(element);
  else if (isTextField(element)) element.focus();
  else element.click();
}
