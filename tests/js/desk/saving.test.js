import assert from "node:assert/strict";
import { test } from "node:test";

import { objection } from "../../../static/js/desk/saving.js";

const RATED = { outcome: "reached", asksFirst: false, unrated: [], hasAnswers: true, isConfirmed: false };
const NO_ANSWER = {
  outcome: "no_answer",
  asksFirst: true,
  unrated: [0],
  hasAnswers: false,
  isConfirmed: false,
};
const NEEDS_RATING = { sentence: "needsRating", order: 0, canBeConfirmed: false };

const CASES = [
  ["a rated call is saved", RATED, null],
  ["a call without a rating is not saved", { ...RATED, unrated: [0] }, NEEDS_RATING],
  ["a second press does not replace the rating", { ...RATED, unrated: [0], isConfirmed: true }, NEEDS_RATING],
  ["the order of the call comes before further ones", { ...RATED, unrated: [0, 1] }, NEEDS_RATING],
  [
    "a further order without a rating is asked about",
    { ...RATED, unrated: [2] },
    { sentence: "oneMore", order: 2, canBeConfirmed: true },
  ],
  ["a second press saves the rated orders alone", { ...RATED, unrated: [2], isConfirmed: true }, null],
  ["an outcome without answers is saved", NO_ANSWER, null],
  [
    "an outcome that contradicts answers is asked about",
    { ...NO_ANSWER, hasAnswers: true },
    { sentence: "sure", canBeConfirmed: true },
  ],
  ["a second press saves the outcome", { ...NO_ANSWER, hasAnswers: true, isConfirmed: true }, null],
  [
    "an outcome that contradicts nothing is saved",
    { ...NO_ANSWER, asksFirst: false, hasAnswers: true },
    null,
  ],
  ["another button is saved", { ...NO_ANSWER, outcome: undefined, asksFirst: false }, null],
];

for (const [name, call, expected] of CASES) {
  test(`objection: ${name}`, () => {
    assert.deepEqual(objection(call), expected);
  });
}
