// Drafts: answers go to the server while they are entered, and stay on this machine until it has them.

import { centreTime } from "../shared/clock.js";
import { answersOf } from "./draft_store.js";
import { isTextField } from "../shared/fields.js";
import { BUSY, post } from "./server.js";

const SEND_AFTER = 500;
const RETRY_AFTER = 5000;

/** Enters the values of a draft; what it does not name is taken back. */
function fillIn(form, values) {
  form.querySelectorAll(":checked").forEach((choice) => {
    choice.checked = false;
  });
  for (const [name, value] of values) {
    const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const choice = fields.find((field) => /radio|checkbox/.test(field.type) && field.value === value);
    if (choice) choice.checked = true;
    else if (fields[0] && isTextField(fields[0])) fields[0].value = value;
  }
}

export class Drafts {
  #desk;
  #form;
  #store;
  #leaving;
  #version = 0;
  #timer = 0;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.desk names call, person and addresses
   * @param {HTMLFormElement} parts.form
   * @param {import("./draft_store.js").DraftStore} parts.store
   * @param {import("./leaving.js").Leaving} parts.leaving
   */
  constructor({ desk, form, store, leaving }) {
    this.#desk = desk;
    this.#form = form;
    this.#store = store;
    this.#leaving = leaving;
  }

  get #call() {
    return this.#desk.dataset.call;
  }

  #answers() {
    return answersOf(new FormData(this.#form));
  }

  /**
   * Restores what the server never received: it is newer than the answers that came with the page. Only the page that
   * answers a save is newer still: it shows the answers that were sent, and they are kept again.
   */
  restore() {
    if (this.#desk.dataset.answers) {
      this.keep();
      return;
    }
    const draft = this.#store.read(this.#call);
    if (!draft || !this.#desk.dataset.draft) return;
    fillIn(this.#form, draft.values);
    document.getElementById("draft-at").textContent = centreTime(draft.at);
    document.getElementById("draft").hidden = false;
    this.keep();
  }

  /** Keeps the answers here at once, and sends them when the keys are quiet. */
  keep() {
    if (!this.#desk.dataset.draft || this.#leaving.givesUpDraft) return;
    this.#version += 1;
    this.#store.keep(this.#call, this.#answers(), Date.now());
    this.#sendAfter(SEND_AFTER);
  }

  #sendAfter(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), milliseconds);
  }

  /** Sends no more: the form itself is being saved. */
  stop() {
    clearTimeout(this.#timer);
  }

  /** Drops the draft; the page's form tells the server to do the same. */
  giveUp() {
    this.#leaving.givesUpDraft = true;
    this.#store.drop(this.#call);
  }

  sendBeforeLeaving() {
    const { givesUpDraft, isSaving } = this.#leaving;
    if (this.#desk.dataset.draft && this.#version && !isSaving && !givesUpDraft) this.#send();
  }

  // A redirect leads to the sign-in: the server does not have the draft, so this machine keeps it. It also keeps it
  // while another order is taken into the call: the page that follows may be older than the draft.
  async #send() {
    const sent = this.#version;
    const body = new URLSearchParams(this.#answers());
    const response = await post(this.#desk.dataset.draft, { body, redirect: "manual" });
    if (sent !== this.#version || this.#leaving.givesUpDraft || this.#leaving.keepsReporter) return;
    if (response?.ok) this.#store.drop(this.#call);
    else if (!response || response.status === BUSY) this.#sendAfter(RETRY_AFTER);
    this.#showState(Boolean(response?.ok));
  }

  #showState(isSaved) {
    const state = document.getElementById("draft-saved");
    if (!state) return;
    state.textContent = isSaved
      ? `${state.dataset.words} ${centreTime(Date.now())}`
      : this.#desk.dataset.offline;
  }
}
