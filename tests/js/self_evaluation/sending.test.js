import assert from "node:assert/strict";
import { test } from "node:test";

import { outcomeOf } from "../../../static/js/self_evaluation/sending.js";

const CASES = [
  ["a card settles the answer", { status: 200, isCard: true }, "settled"],
  ["a card with a refusal settles it, too", { status: 422, isCard: true }, "settled"],
  ["without a network it waits", null, "waiting"],
  ["while the server is busy it waits", { status: 503, isCard: false }, "waiting"],
  ["a page to sign in keeps it until then", { status: 200, isCard: false }, "signin"],
  ["a form too old keeps it until the page is fresh", { status: 403, isCard: false }, "signin"],
  ["an order out of scope ends it", { status: 404, isCard: false }, "gone"],
];

for (const [name, reply, outcome] of CASES) {
  test(`outcomeOf: ${name}`, () => {
    assert.equal(outcomeOf(reply), outcome);
  });
}
