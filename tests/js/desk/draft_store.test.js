import assert from "node:assert/strict";
import { test } from "node:test";

import { answersOf, DraftStore } from "../../../static/js/desk/draft_store.js";
import { forbiddenStorage, MemoryStorage } from "../memory_storage.js";

const NOW = Date.UTC(2016, 2, 24, 2);
const HOUR = 60 * 60 * 1000;
const VALUES = [["rating", "satisfied"]];

const storeOf = (storage, person = "7") => new DraftStore(person, () => storage);

test("a draft is read as it was kept", () => {
  const store = storeOf(new MemoryStorage());

  store.keep("12", VALUES, NOW);

  assert.deepEqual(store.read("12"), { at: NOW, values: VALUES });
});

test("a later draft replaces the earlier one", () => {
  const store = storeOf(new MemoryStorage());

  store.keep("12", VALUES, NOW);
  store.keep("12", [], NOW + 1);

  assert.deepEqual(store.read("12"), { at: NOW + 1, values: [] });
});

test("a draft belongs to its call and its person", () => {
  const storage = new MemoryStorage();

  storeOf(storage).keep("12", VALUES, NOW);

  assert.deepEqual([storeOf(storage).read("13"), storeOf(storage, "8").read("12")], [null, null]);
});

test("a dropped draft is gone, the others stay", () => {
  const store = storeOf(new MemoryStorage());
  store.keep("12", VALUES, NOW);
  store.keep("13", VALUES, NOW);

  store.drop("12");

  assert.deepEqual([store.read("12"), store.read("13")?.at], [null, NOW]);
});

test("dropOld removes drafts older than a day, whoever kept them, and nothing else", () => {
  const storage = new MemoryStorage();
  storage.setItem("meeting:3", "[]");
  storeOf(storage).keep("old", VALUES, NOW - 25 * HOUR);
  storeOf(storage, "8").keep("old", VALUES, NOW - 25 * HOUR);
  storeOf(storage).keep("young", VALUES, NOW - 23 * HOUR);

  storeOf(storage).dropOld(NOW);

  assert.deepEqual(Object.keys(storage), ["meeting:3", "call-draft:7:young"]);
});

test("without storage nothing is kept and nothing fails", () => {
  const store = new DraftStore("7", forbiddenStorage);

  store.keep("12", VALUES, NOW);
  store.drop("12");
  store.dropOld(NOW);

  assert.equal(store.read("12"), null);
});

test("answersOf leaves out what is no answer", () => {
  const fields = [
    ["csrfmiddlewaretoken", "x"],
    ["token", "y"],
    ["response", "yes"],
    ["p1-rating", "satisfied"],
    ["later_at", "2016-03-24T10:00"],
    ["with", "13"],
  ];

  assert.deepEqual(answersOf(fields), [
    ["response", "yes"],
    ["p1-rating", "satisfied"],
  ]);
});
