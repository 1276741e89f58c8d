// The sheet as people see it: a card for each order, and what is said about answers that were not sent.

const cardOf = (order) => document.getElementById(`order-${order}`);

/** Marks a rating as chosen. */
export function markChosen(form, rating) {
  form.querySelectorAll(".rate [name=rating]").forEach((button) => {
    button.classList.toggle("chosen", button.value === rating);
  });
}

export class Sheet {
  #notices;
  #cards;

  /**
   * @param {HTMLElement} notices holds the sentences, and shows them for orders without a card
   * @param {HTMLElement} cards
   */
  constructor(notices, cards) {
    this.#notices = notices;
    this.#cards = cards;
  }

  /**
   * Says of each answer that it was not sent: on its card, or above the cards.
   *
   * @param {import("./unsent_answers.js").UnsentAnswer[]} answers
   * @param {string} sentence
   */
  showUnsent(answers, sentence) {
    const count = document.getElementById("unsent-count");
    if (count) {
      count.hidden = !answers.length;
      count.textContent = `${count.dataset.words} ${answers.length}`;
    }
    const withoutCard = answers.filter((answer) => !this.#markCard(answer, sentence));
    this.#notices.replaceChildren(...withoutCard.map((answer) => noticeOf(answer, sentence)));
    this.#notices.hidden = !this.#notices.children.length;
  }

  // Returns whether the order has a card to rate.
  #markCard(answer, sentence) {
    const card = cardOf(answer.order);
    const form = card?.querySelector("form[data-rate]");
    if (!form) return false;
    const status = form.querySelector(".rate-unsent");
    const rating = new URLSearchParams(answer.body).get("rating");
    const chosen = form.querySelector(`.rate [value="${rating}"]`);
    card.classList.add("waiting");
    markChosen(form, rating);
    status.hidden = false;
    status.textContent = `${this.#notices.dataset.answer} ${chosen?.firstChild.textContent.trim()} · ${sentence}`;
    return true;
  }

  /** Shows the card and the counts that the server answered with. */
  replaceCard(order, html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const card = page.querySelector(".rate-card");
    const counts = page.getElementById("rate-counts");
    counts?.removeAttribute("hx-swap-oob");
    document.getElementById("rate-counts")?.replaceWith(...(counts ? [counts] : []));
    if (!card) return;
    const old = cardOf(order);
    if (old) old.replaceWith(card);
    else this.#cards.prepend(card);
    window.htmx?.process(card);
  }

  /** Takes away the card of an order that has left the person's scope, and says so. */
  removeCard(answer) {
    cardOf(answer.order)?.remove();
    this.#cards.prepend(noticeOf(answer, this.#notices.dataset.gone));
  }
}

function noticeOf(answer, sentence) {
  const notice = document.createElement("p");
  notice.className = "refusal";
  notice.textContent = `${answer.number}:${sentence}`;
  return notice;
}
