// The foreman's sheet on a bad line: an answer that could not be sent says so, stays on this device, and is
// sent again until the server has given its last word (a card). The server takes the same answer once only.

const place = document.getElementById("unsent");
const list = document.getElementById("cards");
const key = `self-evaluation:${place.dataset.person}`;
const AGAIN_AFTER = 15000;
const PATIENCE = 10000;
let kept = read();
let isSending = false;

function read() {
  try {
    return JSON.parse(localStorage.getItem(key)) || [];
  } catch {
    return [];
  }
}

// Says whether the answers are safe on the device.
function store() {
  try {
    if (kept.length) localStorage.setItem(key, JSON.stringify(kept));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

const token = () => `${Date.now()}-${Math.random().toString(36).slice(2)}`;
const cardOf = (entry) => document.getElementById(`order-${entry.order}`);

// Dissatisfied asks for the opinion first; everything else is sent with one tap.
list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens]");
  const panel = button && document.getElementById(button.dataset.opens);
  if (!panel) return;
  const words = panel.querySelector("textarea");
  if (words.value.trim() && !panel.hidden) return;
  event.preventDefault();
  panel.hidden = false;
  choose(button.form, button.value);
  words.focus();
});

function choose(form, rating) {
  form.querySelectorAll(".rate [name=rating]").forEach((button) => {
    button.classList.toggle("chosen", button.value === rating);
  });
}

// Not sent: keep it. What has reached the server after all is the same answer again, and harmless.
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  list.addEventListener(name, (event) => {
    const form = event.target.closest("form[data-rate]");
    if (!form) return;
    event.stopPropagation();
    const body = new URLSearchParams(event.detail.requestConfig.formData);
    keep(form, body);
  });
}

function keep(form, body, sentence = place.dataset.waiting) {
  body.delete("csrfmiddlewaretoken");
  kept = read().filter((entry) => entry.order !== form.dataset.rate);
  const url = form.getAttribute("action");
  kept.push({
    token: token(),
    order: form.dataset.rate,
    number: form.dataset.number,
    url,
    body: body.toString(),
  });
  show(store() ? sentence : place.dataset.unstored);
}

// The last word of the server is a card: then nothing is kept of this order. Anything else (a page to sign in,
// a form too old, a server that is busy) must not replace the card, and the answer is kept.
list.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.("form[data-rate]")) return;
  if (event.detail.xhr.getResponseHeader("X-Card")) {
    forget(form.dataset.rate);
    return;
  }
  event.detail.shouldSwap = false;
  const sentence = event.detail.xhr.status >= 500 ? place.dataset.waiting : place.dataset.signin;
  keep(form, new URLSearchParams(event.detail.requestConfig.formData), sentence);
});

function forget(order) {
  kept = kept.filter((entry) => entry.order !== order);
  store();
  show(place.dataset.waiting);
}

function show(sentence) {
  const count = document.getElementById("unsent-count");
  if (count) {
    count.hidden = !kept.length;
    count.textContent = `${count.dataset.words} ${kept.length}`;
  }
  const missing = kept.filter((entry) => !mark(entry, sentence));
  place.replaceChildren(...missing.map((entry) => notice(entry, sentence)));
  place.hidden = !place.children.length;
}

function mark(entry, sentence) {
  const card = cardOf(entry);
  const form = card?.querySelector("form[data-rate]");
  if (!form) return false;
  const status = form.querySelector(".rate-unsent");
  const rating = new URLSearchParams(entry.body).get("rating");
  const chosen = form.querySelector(`.rate [value="${rating}"]`);
  card.classList.add("waiting");
  choose(form, rating);
  status.hidden = false;
  status.textContent = `${place.dataset.answer} ${chosen?.firstChild.textContent.trim()} · ${sentence}`;
  return true;
}

function notice(entry, sentence) {
  const line = document.createElement("p");
  line.className = "refusal";
  line.textContent = `${entry.number}:${sentence}`;
  return line;
}

async function post(entry) {
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), PATIENCE);
  const headers = {
    ...JSON.parse(document.body.getAttribute("hx-headers")),
    "HX-Request": "true",
    "Content-Type": "application/x-www-form-urlencoded",
  };
  try {
    return await fetch(entry.url, { method: "POST", headers, body: entry.body, signal: stop.signal });
  } finally {
    clearTimeout(clock);
  }
}

// The last word is a card: rated, or a sentence why not. Anything else is tried again.
async function send(entry) {
  let response;
  try {
    response = await post(entry);
  } catch {
    return place.dataset.waiting;
  }
  if (response.headers.get("X-Card")) settle(entry, await response.text());
  else if (response.status === 404) gone(entry);
  else return response.status >= 500 ? place.dataset.waiting : place.dataset.signin;
  return null;
}

function settle(entry, html) {
  if (kept.some((other) => other.token === entry.token)) forget(entry.order);
  const answer = new DOMParser().parseFromString(html, "text/html");
  const card = answer.querySelector(".rate-card");
  const counts = answer.getElementById("rate-counts");
  counts?.removeAttribute("hx-swap-oob");
  document.getElementById("rate-counts")?.replaceWith(...(counts ? [counts] : []));
  if (!card) return;
  const old = cardOf(entry);
  if (old) old.replaceWith(card);
  else list.prepend(card);
  window.htmx?.process(card);
}

// Another crew's order by now: nobody will take this answer from here.
function gone(entry) {
  forget(entry.order);
  cardOf(entry)?.remove();
  list.prepend(notice(entry, place.dataset.gone));
}

async function sendAll() {
  if (isSending || !kept.length) return;
  isSending = true;
  show(place.dataset.sending);
  let sentence = null;
  for (const entry of kept) {
    sentence = await send(entry);
    if (sentence) break;
  }
  isSending = false;
  show(sentence || place.dataset.waiting);
}

window.addEventListener("online", sendAll);
window.addEventListener("storage", (event) => {
  if (event.key === key) kept = read();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) sendAll();
});
setInterval(sendAll, AGAIN_AFTER);
show(place.dataset.waiting);
sendAll();
