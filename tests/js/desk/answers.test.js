import assert from "node:assert/strict";
import { test } from "node:test";

import { chooseOrTakeBack } from "../../../static/js/desk/answers.js";

/** A radio button that counts its `change` events. */
class Radio extends EventTarget {
  changes = 0;

  constructor({ checked, rating = undefined }) {
    super();
    this.checked = checked;
    this.dataset = { rating };
    this.addEventListener("change", () => {
      this.changes += 1;
    });
  }
}

const CASES = [
  ["an open answer is chosen", { checked: false }, true],
  ["a chosen answer is taken back", { checked: true }, false],
  ["an open rating is chosen", { checked: false, rating: "satisfied" }, true],
  ["a chosen rating stays", { checked: true, rating: "satisfied" }, true],
];

for (const [name, before, isChecked] of CASES) {
  test(`chooseOrTakeBack: ${name}`, () => {
    const radio = new Radio(before);

    chooseOrTakeBack(radio);

    assert.deepEqual([radio.checked, radio.changes], [isChecked, 1]);
  });
}
