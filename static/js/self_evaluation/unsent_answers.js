// Answers that have not reached the server, kept on this device for the person who gave them.

import { tryStorage } from "../shared/storage.js";

/**
 * @typedef {object} UnsentAnswer
 * @property {string} token tells answers of one order apart
 * @property {string} order primary key; an order has one answer, the last
 * @property {string} number of the order, for people
 * @property {string} url
 * @property {string} body as a form sends it, without the CSRF token
 */

export class UnsentAnswers {
  /** @type {UnsentAnswer[]} */
  entries = [];
  key;
  #storage;
  #isStored = true;

  /**
   * @param {string} person
   * @param {() => Storage} [storage] asked each time, because a browser may refuse
   */
  constructor(person, storage = () => localStorage) {
    this.key = `self-evaluation:${person}`;
    this.#storage = storage;
    this.reload();
  }

  /** Reads what another tab has stored. Answers that could not be stored live on in this tab alone. */
  reload() {
    if (!this.#isStored) return;
    this.entries = tryStorage(() => JSON.parse(this.#storage().getItem(this.key))) || [];
  }

  /**
   * Keeps an answer in place of an earlier one for the same order.
   *
   * @param {UnsentAnswer} answer
   * @returns {boolean} whether the device has stored it
   */
  add(answer) {
    this.reload();
    return this.#store([...this.#without(answer.order), answer]);
  }

  /** Forgets the answer for an order. */
  remove(order) {
    this.#store(this.#without(order));
  }

  has(token) {
    return this.entries.some((entry) => entry.token === token);
  }

  #without(order) {
    return this.entries.filter((entry) => entry.order !== order);
  }

  #store(entries) {
    this.entries = entries;
    this.#isStored = tryStorage(() => {
      if (entries.length) this.#storage().setItem(this.key, JSON.stringify(entries));
      else this.#storage().removeItem(this.key);
      return true;
    }, false);
    return this.#isStored;
  }
}
