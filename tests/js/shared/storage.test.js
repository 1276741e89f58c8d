import assert from "node:assert/strict";
import { test } from "node:test";

import { tryStorage } from "../../../static/js/shared/storage.js";
import { forbiddenStorage } from "../memory_storage.js";

test("tryStorage returns what the work returns", () => {
  assert.equal(
    tryStorage(() => "value"),
    "value",
  );
});

test("tryStorage returns null when storage fails", () => {
  assert.equal(tryStorage(forbiddenStorage), null);
});

test("tryStorage returns the fallback when storage fails", () => {
  assert.deepEqual(tryStorage(forbiddenStorage, []), []);
});
