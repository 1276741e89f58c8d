// The foreman's sheet on a bad network: an answer that was not sent says so, stays on this device, and is sent again
// until the server has settled it. The server takes the same answer only once.

import { Sending, unsettledBecause } from "./sending.js";
import { markChosen, Sheet } from "./sheet.js";
import { UnsentAnswers } from "./unsent_answers.js";

const SEND_EVERY = 15000;

const notices = document.getElementById("unsent");
const cards = document.getElementById("cards");
const sentences = notices.dataset;
const unsent = new UnsentAnswers(sentences.person);
const sheet = new Sheet(notices, cards);
const sending = new Sending(unsent, sheet, sentences);

// "Dissatisfied" asks for an opinion first; every other answer is sent with one tap.
cards.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  const panel = button && document.getElementById(button.dataset.opens);
  if (!panel) return;
  const opinion = panel.querySelector("textarea");
  if (opinion.value.trim() && !panel.hidden) return;
  event.preventDefault();
  panel.hidden = false;
  markChosen(button.form, button.value);
  opinion.focus();
});

// Not sent, or the reply was lost. Sending an answer again that did arrive is harmless.
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  cards.addEventListener(name, (event) => {
    const form = event.target.closest("form[data-rate]");
    if (!form) return;
    event.stopPropagation();
    keep(form, event.detail.requestConfig, sentences.waiting);
  });
}

// The server settles an answer with a card. Anything else (a page to sign in, a form too old, a server that is busy)
// must not replace the card, and the answer is kept.
cards.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.("form[data-rate]")) return;
  if (event.detail.xhr.getResponseHeader("X-Card")) {
    unsent.remove(form.dataset.rate);
    sheet.showUnsent(unsent.entries, sentences.waiting);
    return;
  }
  event.detail.shouldSwap = false;
  keep(form, event.detail.requestConfig, sentences[unsettledBecause(event.detail.xhr.status)]);
});

function keep(form, { formData }, sentence) {
  const body = new URLSearchParams(formData);
  body.delete("csrfmiddlewaretoken");
  const isStored = unsent.add({
    token: `${Date.now()}-${Math.random().toString(36).slice(2)}`,
    order: form.dataset.rate,
    number: form.dataset.number,
    url: form.getAttribute("action"),
    body: body.toString(),
  });
  sheet.showUnsent(unsent.entries, isStored ? sentence : sentences.unstored);
}

window.addEventListener("online", () => sending.sendAll());
window.addEventListener("storage", (event) => {
  if (event.key === unsent.key) unsent.reload();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) sending.sendAll();
});
setInterval(() => sending.sendAll(), SEND_EVERY);
sheet.showUnsent(unsent.entries, sentences.waiting);
sending.sendAll();
