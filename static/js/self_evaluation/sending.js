// Sends again what was not sent, one answer after the other, until the server has settled it.

import { csrfHeaders } from "../shared/csrf.js";

const GIVE_UP_AFTER = 10000;

/**
 * What becomes of an answer. The server settles it with a card: rated, or a sentence why not.
 *
 * @param {{ status: number, isCard: boolean } | null} reply null without a network
 * @returns {"settled" | "gone" | "waiting" | "signin"} the last two: it is kept and sent again
 */
export function outcomeOf(reply) {
  if (!reply) return "waiting";
  if (reply.isCard) return "settled";
  return reply.status === 404 ? "gone" : unsettledBecause(reply.status);
}

/** Why an answer was not settled: the server is busy, or the person's sign-in or form is too old. */
export const unsettledBecause = (status) => (status >= 500 ? "waiting" : "signin");

async function post({ url, body }) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP_AFTER);
  const headers = {
    ...csrfHeaders(),
    "HX-Request": "true",
    "Content-Type": "application/x-www-form-urlencoded",
  };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: stop.signal });
    const isCard = Boolean(response.headers.get("X-Card"));
    return { status: response.status, isCard, html: await response.text() };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

export class Sending {
  #unsent;
  #sheet;
  #sentences;
  #isRunning = false;

  /**
   * @param {import("./unsent_answers.js").UnsentAnswers} unsent
   * @param {import("./sheet.js").Sheet} sheet
   * @param {DOMStringMap} sentences
   */
  constructor(unsent, sheet, sentences) {
    this.#unsent = unsent;
    this.#sheet = sheet;
    this.#sentences = sentences;
  }

  /** Sends every answer; the first that cannot be settled ends the round. */
  async sendAll() {
    if (this.#isRunning || !this.#unsent.entries.length) return;
    this.#isRunning = true;
    this.#sheet.showUnsent(this.#unsent.entries, this.#sentences.sending);
    let outcome = "settled";
    for (const answer of this.#unsent.entries) {
      outcome = await this.#send(answer);
      if (outcome === "waiting" || outcome === "signin") break;
    }
    this.#isRunning = false;
    this.#sheet.showUnsent(
      this.#unsent.entries,
      this.#sentences[outcome === "signin" ? "signin" : "waiting"],
    );
  }

  async #send(answer) {
    const reply = await post(answer);
    const outcome = outcomeOf(reply);
    if (outcome === "settled") {
      // A later answer for the same order may have been given meanwhile: that one stays.
      if (this.#unsent.has(answer.token)) this.#forget(answer.order);
      this.#sheet.replaceCard(answer.order, reply.html);
    } else if (outcome === "gone") {
      this.#forget(answer.order);
      this.#sheet.removeCard(answer);
    }
    return outcome;
  }

  #forget(order) {
    this.#unsent.remove(order);
    this.#sheet.showUnsent(this.#unsent.entries, this.#sentences.waiting);
  }
}
