// Several orders of one reporter are one call: one card and sheet is shown at a time, all are saved together.

const isRated = (part) => Boolean(part.querySelector("[data-rating]:checked"));

export class OrderTabs {
  #parts = [...document.querySelectorAll("[data-part]")];
  #tabs = [...document.querySelectorAll("[data-tab]")];

  constructor() {
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(Number(tab.dataset.tab)));
    document.querySelector("[data-next-tab]")?.addEventListener("click", () => {
      this.show((this.#shown() + 1) % this.#parts.length);
      document.activeElement.blur();
    });
  }

  #shown() {
    return this.#parts.findIndex((part) => !part.hidden);
  }

  /** Indexes of the orders without an overall rating. */
  unrated() {
    return this.#parts.flatMap((part, index) => (isRated(part) ? [] : [index]));
  }

  /** Shows one order and hides the others. */
  show(shown) {
    this.#parts.forEach(markAnswers);
    if (this.#parts.length < 2) return;
    this.#parts.forEach((part, index) => {
      part.hidden = index !== shown;
    });
    this.#tabs.forEach((tab, index) => {
      tab.setAttribute("aria-pressed", String(index === shown));
      const state = tab.querySelector("[data-tab-state]");
      state.textContent = isRated(this.#parts[index]) ? state.dataset.rated : state.dataset.open;
    });
  }

  /** Brings tabs and style classes up to date with the answers. */
  refresh() {
    this.show(this.#shown());
  }
}

// The reasons of a dissatisfied reporter need room: style sheets shorten the answered questions by these classes.
function markAnswers(part) {
  part.classList.toggle("dissatisfied", Boolean(part.querySelector('[data-rating="dissatisfied"]:checked')));
  part.querySelectorAll(".question").forEach((question) => {
    question.classList.toggle("answered", Boolean(question.querySelector(":checked")));
  });
}
