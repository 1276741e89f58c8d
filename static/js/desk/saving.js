// Saving: some presses of a button have to be confirmed by a second one.

import { hasAnswers } from "./answers.js";
import { showNotice } from "./notice.js";

/**
 * What stands against saving the call now, if anything.
 *
 * @param {object} call
 * @param {string | undefined} call.outcome value of the button
 * @param {boolean} call.asksFirst the button's outcome contradicts answers ("no answer", "busy")
 * @param {number[]} call.unrated indexes of the orders without a rating; 0 is the order of the call
 * @param {boolean} call.hasAnswers
 * @param {boolean} call.isConfirmed the same button was pressed before, and nothing has changed since
 * @returns {{ sentence: "needsRating" | "oneMore" | "sure", order?: number, canBeConfirmed: boolean } | null}
 *   `sentence`: name of the text in the page's data; `order`: index of the order to show
 */
export function objection({ outcome, asksFirst, unrated, hasAnswers: isAnswered, isConfirmed }) {
  const isReached = outcome === "reached";
  if (isReached && unrated.includes(0)) return { sentence: "needsRating", order: 0, canBeConfirmed: false };
  if (isConfirmed) return null;
  if (isReached && unrated.length) return { sentence: "oneMore", order: unrated[0], canBeConfirmed: true };
  if (asksFirst && isAnswered) return { sentence: "sure", canBeConfirmed: true };
  return null;
}

/**
 * Stops a submission of the call that has an objection; otherwise calls `onSave`.
 *
 * @param {object} page
 * @param {HTMLElement} page.desk holds the sentences
 * @param {HTMLFormElement} page.form
 * @param {import("./order_tabs.js").OrderTabs} page.tabs
 * @param {() => void} page.onSave
 */
export function confirmBeforeSaving({ desk, form, tabs, onSave }) {
  let confirmedButton = null;

  function check(event) {
    const button = event.submitter;
    const found = objection({
      outcome: button?.value,
      asksFirst: Boolean(button?.hasAttribute("data-sure")),
      unrated: tabs.unrated(),
      hasAnswers: hasAnswers(form),
      isConfirmed: confirmedButton === button,
    });
    if (!found) {
      onSave();
      return;
    }
    event.preventDefault();
    if (found.canBeConfirmed) confirmedButton = button;
    if (found.order !== undefined) tabs.show(found.order);
    showNotice(desk.dataset[found.sentence]);
  }

  form.addEventListener("submit", check, true);
  form.addEventListener("change", () => {
    confirmedButton = null;
  });
}
