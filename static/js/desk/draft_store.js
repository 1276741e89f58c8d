// Drafts on this machine, kept only until the server has them. They belong to a person and a call.

import { tryStorage } from "../shared/storage.js";

const PREFIX = "call-draft:";
const DAY = 24 * 60 * 60 * 1000;

/** Fields that are no answers: not kept in a draft. */
const NOT_KEPT = new Set([
  "csrfmiddlewaretoken",
  "token",
  "confirmed",
  "with",
  "later_at",
  "skip_reason",
  "is_anybodys",
]);

/**
 * The answers among the fields of a form.
 *
 * @param {Iterable<[string, string]>} fields
 */
export const answersOf = (fields) => [...fields].filter(([name]) => !NOT_KEPT.has(name));

export class DraftStore {
  #person;
  #storage;

  /**
   * @param {string} person
   * @param {() => Storage} [storage] asked each time, because a browser may refuse
   */
  constructor(person, storage = () => localStorage) {
    this.#person = person;
    this.#storage = storage;
  }

  #key(call) {
    return `${PREFIX}${this.#person}:${call}`;
  }

  /**
   * @param {string} call
   * @param {[string, string][]} values
   * @param {number} now milliseconds
   */
  keep(call, values, now) {
    tryStorage(() => this.#storage().setItem(this.#key(call), JSON.stringify({ at: now, values })));
  }

  /** @returns {{ at: number, values: [string, string][] } | null} */
  read(call) {
    return tryStorage(() => JSON.parse(this.#storage().getItem(this.#key(call))));
  }

  drop(call) {
    tryStorage(() => this.#storage().removeItem(this.#key(call)));
  }

  /** Removes drafts older than a day, of every person. */
  dropOld(now) {
    tryStorage(() => {
      const storage = this.#storage();
      for (const key of Object.keys(storage)) {
        if (!key.startsWith(PREFIX)) continue;
        const draft = JSON.parse(storage.getItem(key));
        if (!draft?.at || now - draft.at > DAY) storage.removeItem(key);
      }
    });
  }
}
