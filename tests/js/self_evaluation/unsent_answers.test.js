import assert from "node:assert/strict";
import { test } from "node:test";

import { UnsentAnswers } from "../../../static/js/self_evaluation/unsent_answers.js";
import { forbiddenStorage, MemoryStorage } from "../memory_storage.js";

const answer = (order, token) => ({
  token,
  order,
  number: `N${order}`,
  url: `/rate/${order}`,
  body: "rating=good",
});
const tokens = (unsent) => unsent.entries.map((entry) => entry.token);
const openOn = (storage, person = "7") => new UnsentAnswers(person, () => storage);

test("an answer is there after the page was opened again", () => {
  const storage = new MemoryStorage();

  const isStored = openOn(storage).add(answer("1", "a"));

  assert.deepEqual([isStored, openOn(storage).entries], [true, [answer("1", "a")]]);
});

test("a later answer for the same order replaces the earlier one", () => {
  const unsent = openOn(new MemoryStorage());

  unsent.add(answer("1", "a"));
  unsent.add(answer("2", "b"));
  unsent.add(answer("1", "c"));

  assert.deepEqual([tokens(unsent), unsent.has("a"), unsent.has("c")], [["b", "c"], false, true]);
});

test("add keeps what another tab has stored meanwhile", () => {
  const storage = new MemoryStorage();
  const [here, there] = [openOn(storage), openOn(storage)];

  there.add(answer("1", "a"));
  here.add(answer("2", "b"));

  assert.deepEqual(tokens(here), ["a", "b"]);
});

test("remove forgets the order's answer; nothing is left on the device after the last", () => {
  const storage = new MemoryStorage();
  const unsent = openOn(storage);
  unsent.add(answer("1", "a"));

  unsent.remove("1");

  assert.deepEqual([unsent.entries, Object.keys(storage)], [[], []]);
});

test("answers of one person are not another's", () => {
  const storage = new MemoryStorage();

  openOn(storage, "7").add(answer("1", "a"));

  assert.deepEqual(openOn(storage, "8").entries, []);
});

test("without storage the answers live as long as the page", () => {
  const unsent = new UnsentAnswers("7", forbiddenStorage);

  const isStored = [unsent.add(answer("1", "a")), unsent.add(answer("2", "b"))];
  unsent.remove("1");

  assert.deepEqual([isStored, tokens(unsent)], [[false, false], ["b"]]);
});
