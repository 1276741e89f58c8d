import assert from "node:assert/strict";
import { test } from "node:test";

import { centreTime } from "../../../static/js/shared/clock.js";

const AT = Date.UTC(2016, 2, 23, 16, 5, 9);
const MINUTES = { hour: "2-digit", minute: "2-digit" };

test("centreTime is the time at the centre, with 24 hours", () => {
  assert.equal(centreTime(AT, MINUTES, "Asia/Shanghai"), "00:05");
  assert.equal(centreTime(AT, MINUTES, "Europe/Berlin"), "17:05");
});

test("centreTime shows seconds on demand", () => {
  assert.equal(centreTime(AT, { timeStyle: "medium" }, "Asia/Shanghai"), "00:05:09");
});
