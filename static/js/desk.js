// The callback desk on a keyboard: what is shown with a key is pressed with it; off inside text fields.
// What is filled in stays on this machine until it is saved, so that nothing is lost when the session ended.

const desk = document.querySelector("[data-desk]");
const form = document.getElementById("call");
const notice = document.getElementById("desk-notice");
const help = document.getElementById("help");
const later = document.getElementById("later");
const DAY = 24 * 60 * 60 * 1000;
const STILL_HERE = 4 * 60 * 1000;

const isText = (element) => element?.matches?.('textarea, select, input:not([type="radio"], [type="checkbox"])');
const isShown = (element) => (element.closest("label") || element).getClientRects().length > 0;

function say(sentence) {
  if (!notice) return;
  notice.textContent = sentence;
  notice.hidden = !sentence;
}

// --- Keys -------------------------------------------------------------------------------------------
function keyOf(event) {
  if (event.key !== "Process" && event.key !== "Unidentified") {
    return event.key.length === 1 ? event.key.toUpperCase() : event.key;
  }
  return event.code.replace(/^(Key|Digit|Numpad)/, "");
}

function press(element) {
  if (element.type === "radio") {
    const unasks = element.checked && element.name !== "rating";
    element.checked = !unasks;
    element.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (element.type === "checkbox") {
    element.click();
  } else if (isText(element)) {
    element.focus();
  } else {
    element.click();
  }
}

function pressed(event) {
  const key = keyOf(event);
  if (later?.open) {
    if (key === "Escape" || key === "L") later.open = false;
    return later.open ? [...later.querySelectorAll("[data-panel-key]")].find((one) => one.dataset.panelKey === key) : null;
  }
  return [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && isShown(one) && !one.disabled);
}

document.addEventListener("keydown", (event) => {
  const focus = document.activeElement;
  if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
  if (isText(focus)) {
    inText(event, focus);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && focus?.matches("a, button, summary")) return;
  const wasOpen = later?.open;
  const element = pressed(event);
  if (!element && !wasOpen) return;
  if (element || event.key === "Escape" || keyOf(event) === "L") event.preventDefault();
  if (element) press(element);
});

function inText(event, field) {
  if (event.key === "Escape") {
    field.blur();
  } else if (event.key === "Enter" && field.name === "later_at") {
    event.preventDefault();
    field.parentElement.querySelector("button").click();
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    document.querySelector('[data-key="Enter"]')?.click();
  }
}

document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());

// A second click on an answer takes it back: the question was not asked after all.
form?.addEventListener("pointerdown", (event) => {
  const radio = event.target.closest("label")?.querySelector('input[type="radio"]');
  if (radio && radio.name !== "rating") radio.dataset.was = radio.checked ? "1" : "";
});
form?.addEventListener("click", (event) => {
  const radio = event.target;
  if (radio.type !== "radio" || !radio.dataset.was) return;
  radio.checked = false;
  radio.dataset.was = "";
  radio.dispatchEvent(new Event("change", { bubbles: true }));
});
form?.addEventListener("change", (event) => {
  if (event.target.dataset.opens && event.target.checked) document.getElementById(event.target.dataset.opens).focus();
});

// --- Saving -----------------------------------------------------------------------------------------
let sure = null;
let isLeavingToSave = false;

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.value === "reached" && !form.querySelector('[name="rating"]:checked')) {
    event.preventDefault();
    say(desk.dataset.needsRating);
  } else if (button?.hasAttribute("data-sure") && hasAnswers() && sure !== button) {
    event.preventDefault();
    sure = button;
    say(desk.dataset.sure);
  } else {
    isLeavingToSave = true;
  }
}, true);
document.addEventListener("submit", (event) => {
  if (event.target.matches('[id^="take-"], #open')) isLeavingToSave = true;
});

function hasAnswers() {
  return Boolean(form.querySelector(":checked")) || form.elements.words.value.trim() !== "";
}

// --- Drafts -----------------------------------------------------------------------------------------
const PREFIX = "call-draft:";
const draftKey = (pk) => `${PREFIX}${desk.dataset.person}:${pk}`;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "token", "confirmed"]);

function stored(work) {
  try {
    return work();
  } catch {
    return null; // no storage on this machine: the form still works
  }
}

function keepDraft() {
  const values = [...new FormData(form)].filter(([name]) => !LEFT_OUT.has(name));
  const isKept = stored(() => {
    localStorage.setItem(draftKey(desk.dataset.call), JSON.stringify({ at: Date.now(), values }));
    return true;
  });
  const saved = document.getElementById("draft-saved");
  if (saved && isKept) saved.textContent = `${saved.dataset.words} ${clock(Date.now())}`;
}

function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function dropDraft(pk) {
  stored(() => localStorage.removeItem(draftKey(pk)));
}

function dropOldDrafts() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const draft = JSON.parse(localStorage.getItem(key));
    if (!draft?.at || Date.now() - draft.at > DAY) localStorage.removeItem(key);
  }
}

function fill(values) {
  form.querySelectorAll(":checked").forEach((one) => {
    one.checked = false;
  });
  for (const [name, value] of values) {
    const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const box = fields.find((one) => (one.type === "radio" || one.type === "checkbox") && one.value === value);
    if (box) box.checked = true;
    else if (fields[0] && isText(fields[0])) fields[0].value = value;
  }
}

function offerDraft() {
  const offer = document.getElementById("draft");
  const draft = stored(() => JSON.parse(localStorage.getItem(draftKey(desk.dataset.call))));
  if (!draft || hasAnswers()) return;
  document.getElementById("draft-at").textContent = clock(draft.at);
  offer.hidden = false;
  offer.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-draft]")?.dataset.draft;
    if (!choice) return;
    if (choice === "restore") fill(draft.values);
    else dropDraft(desk.dataset.call);
    offer.hidden = true;
    document.activeElement.blur();
  });
  offer.querySelector('[data-draft="restore"]').focus();
}

// --- Whose screen the reporter is on -----------------------------------------------------------------
function post(address, headers = {}) {
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"));
  return fetch(address, { method: "POST", headers: { ...csrf, ...headers }, keepalive: true });
}

window.addEventListener("pagehide", () => {
  if (desk?.dataset.release && !isLeavingToSave) post(desk.dataset.release, { "X-Leaving": "1" });
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload(); // the way back must not show a call that is over
});

async function stillHere() {
  if (document.hidden) return;
  const answer = await post(desk.dataset.hold).catch(() => null);
  if (answer && !answer.ok) say(desk.dataset.lost);
}

if (desk) {
  stored(dropOldDrafts);
  if (desk.dataset.saved) dropDraft(desk.dataset.saved);
  if (desk.dataset.hold) {
    stillHere(); // after a reload the page that left may have let the reporter go
    setInterval(stillHere, STILL_HERE);
  }
}
if (form) {
  offerDraft();
  form.addEventListener("change", keepDraft);
  form.addEventListener("input", keepDraft);
}
