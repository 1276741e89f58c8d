import assert from "node:assert/strict";
import { test } from "node:test";

import { keyName, textFieldAction } from "../../../static/js/desk/keys.js";

const NAMES = [
  [{ key: "q", code: "KeyQ" }, "Q"],
  [{ key: "Q", code: "KeyQ" }, "Q"],
  [{ key: "1", code: "Digit1" }, "1"],
  [{ key: "?", code: "Slash" }, "?"],
  [{ key: "Enter", code: "NumpadEnter" }, "Enter"],
  [{ key: "Backspace", code: "Backspace" }, "Backspace"],
  [{ key: "Process", code: "KeyQ" }, "Q"],
  [{ key: "Process", code: "Digit1" }, "1"],
  [{ key: "Unidentified", code: "Numpad7" }, "7"],
  [{ key: "Process", code: "Escape" }, "Escape"],
];

for (const [event, name] of NAMES) {
  test(`keyName of ${event.key} at ${event.code} is ${name}`, () => {
    assert.equal(keyName(event), name);
  });
}

const ACTIONS = [
  [{ key: "Escape" }, { isInPanel: false }, "leave"],
  [{ key: "Escape" }, { isInPanel: true }, "leave"],
  [{ key: "Enter" }, { isInPanel: true }, "submitPanel"],
  [{ key: "Enter", ctrlKey: true }, { isInPanel: true }, "submitPanel"],
  [{ key: "Enter", ctrlKey: true }, { isInPanel: false }, "save"],
  [{ key: "Enter", ctrlKey: false }, { isInPanel: false }, null],
  [{ key: "n", ctrlKey: true }, { isInPanel: false }, null],
];

for (const [event, { isInPanel }, action] of ACTIONS) {
  const keys = `${event.ctrlKey ? "Ctrl+" : ""}${event.key}`;
  test(`${keys} in a text field ${isInPanel ? "of a panel" : "of the page"}: ${action}`, () => {
    assert.equal(textFieldAction(event, isInPanel), action);
  });
}
