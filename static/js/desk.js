// The callback desk on a keyboard: what is shown with a key is pressed with it; off inside text fields.
// What is filled in is kept on the server while it is written; on this machine only until the server has it.

const desk = document.querySelector("[data-desk]");
const form = document.getElementById("call");
const notice = document.getElementById("desk-notice");
const help = document.getElementById("help");
const parts = [...document.querySelectorAll("[data-part]")];
const DAY = 24 * 60 * 60 * 1000;
const STILL_HERE = 4 * 60 * 1000;
const DRAFT_AFTER = 500;
const AGAIN_AFTER = 5000;
const BUSY = 503;

const isText = (element) => element?.matches?.('textarea, select, input:not([type="radio"]):not([type="checkbox"])');
const isShown = (element) => (element.labels?.[0] || element).getClientRects().length > 0;

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
    const unasks = element.checked && !element.dataset.rating;
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
  const panel = openPanel();
  if (panel) {
    const element = [...panel.querySelectorAll("[data-panel-key]")].find((one) => one.dataset.panelKey === key);
    if (!element && (key === "Escape" || key === panel.dataset.panel)) panel.open = false;
    return element;
  }
  return [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && isShown(one) && !one.disabled);
}

const openPanel = () => document.querySelector("details[data-panel][open]");

document.addEventListener("keydown", (event) => {
  const focus = document.activeElement;
  if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
  if (isText(focus)) {
    inText(event, focus);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && focus?.matches("a, button, summary")) return;
  const wasOpen = openPanel();
  const element = pressed(event);
  if (!element && !wasOpen) return;
  if (element || event.key === "Escape" || keyOf(event) === wasOpen?.dataset.panel) event.preventDefault();
  if (element) press(element);
});

function inText(event, field) {
  if (event.key === "Escape") {
    field.blur();
  } else if (event.key === "Enter" && field.closest("[data-panel]")) {
    event.preventDefault();
    field.parentElement.querySelector("button").click();
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    document.querySelector('[data-key="Enter"]')?.click();
  }
}

document.querySelector("[data-help]")?.addEventListener("click", () => {
  if (help.showModal) help.showModal();
  else alert(help.textContent.replace(/\s+/g, " ").trim()); // Firefox before 98 has no <dialog>
});

// A second click on an answer takes it back: the question was not asked after all.
form?.addEventListener("pointerdown", (event) => {
  const radio = event.target.closest("label")?.control;
  if (radio?.type === "radio" && !radio.dataset.rating) radio.dataset.was = radio.checked ? "1" : "";
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
let isSaving = false;

form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  const open = unrated();
  if (button?.value === "reached" && open.includes(0)) {
    event.preventDefault();
    show(0);
    say(desk.dataset.needsRating);
  } else if (button?.value === "reached" && open.length && sure !== button) {
    event.preventDefault();
    sure = button;
    show(open[0]);
    say(desk.dataset.oneMore);
  } else if (button?.hasAttribute("data-sure") && hasAnswers() && sure !== button) {
    event.preventDefault();
    sure = button;
    say(desk.dataset.sure);
  } else {
    isLeavingToSave = isSaving = true;
    clearTimeout(waiting);
  }
}, true);
document.addEventListener("submit", (event) => {
  if (event.target.matches('[id^="take-"], #open, [data-undo]')) isLeavingToSave = true;
  if (event.target.matches("#draft")) {
    isGivenUp = true;
    dropDraft(desk.dataset.call);
    isLeavingToSave = true;
  }
});

function hasAnswers() {
  const texts = [...form.querySelectorAll("textarea")].some((one) => one.value.trim() !== "");
  return texts || Boolean(form.querySelector("[data-part] :checked"));
}

// --- Several orders of one reporter: one card and sheet at a time, one save --------------------------
const isRated = (part) => Boolean(part.querySelector("[data-rating]:checked"));
const unrated = () => parts.flatMap((part, n) => (isRated(part) ? [] : [n]));

// A dissatisfied reporter's reasons need room: style sheets make the answered questions shorter.
function makeRoom(part) {
  part.classList.toggle("dissatisfied", Boolean(part.querySelector('[data-rating="dissatisfied"]:checked')));
  part.querySelectorAll(".question").forEach((question) => {
    question.classList.toggle("answered", Boolean(question.querySelector(":checked")));
  });
}

function show(chosen) {
  parts.forEach(makeRoom);
  if (parts.length < 2) return;
  parts.forEach((part, n) => {
    part.hidden = n !== chosen;
  });
  document.querySelectorAll("[data-tab]").forEach((tab, n) => {
    tab.setAttribute("aria-pressed", String(n === chosen));
    const state = tab.querySelector("[data-tab-state]");
    state.textContent = isRated(parts[n]) ? state.dataset.rated : state.dataset.open;
  });
}

const shown = () => parts.findIndex((part) => !part.hidden);
document.querySelectorAll("[data-tab]").forEach((tab) => tab.addEventListener("click", () => show(Number(tab.dataset.tab))));
document.querySelector("[data-next-tab]")?.addEventListener("click", () => {
  show((shown() + 1) % parts.length);
  document.activeElement.blur();
});
form?.addEventListener("change", () => {
  sure = null;
  show(Math.max(shown(), 0));
});

// --- Undo: offered for five seconds -------------------------------------------------------------------
const undo = document.querySelector("[data-undo]");
if (undo) {
  const left = undo.querySelector("[data-seconds]");
  const tick = setInterval(() => {
    left.textContent = String(Number(left.textContent) - 1);
    if (Number(left.textContent) > 0) return;
    clearInterval(tick);
    undo.hidden = true;
  }, 1000);
}

// --- Drafts -----------------------------------------------------------------------------------------
const PREFIX = "call-draft:";
const draftKey = (pk) => `${PREFIX}${desk.dataset.person}:${pk}`;
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "token", "confirmed", "with", "later_at", "skip_reason", "is_anybodys"]);
let isGivenUp = false;
let waiting = 0;
let version = 0;

function stored(work) {
  try {
    return work();
  } catch {
    return null; // no storage on this machine: the form still works
  }
}

function filledIn() {
  return [...new FormData(form)].filter(([name]) => !LEFT_OUT.has(name));
}

function keepDraft() {
  if (!desk.dataset.draft || isGivenUp) return;
  version += 1;
  const values = filledIn();
  stored(() => localStorage.setItem(draftKey(desk.dataset.call), JSON.stringify({ at: Date.now(), values })));
  clearTimeout(waiting);
  waiting = setTimeout(sendDraft, DRAFT_AFTER);
}

// A redirect is the sign-in: the server does not have it, this machine keeps it. It also keeps it for the page that
// follows another order taken into the call, which may have been made before the server had it.
async function sendDraft() {
  const sent = version;
  const body = new URLSearchParams(filledIn());
  const answer = await post(desk.dataset.draft, {}, { body, redirect: "manual" }).catch(() => null);
  if (sent !== version || isGivenUp || isLeavingToSave) return;
  const saved = document.getElementById("draft-saved");
  if (answer?.ok) {
    dropDraft(desk.dataset.call);
    if (saved) saved.textContent = `${saved.dataset.words} ${clock(Date.now())}`;
    return;
  }
  if (saved) saved.textContent = desk.dataset.offline;
  if (!answer || answer.status === BUSY) waiting = setTimeout(sendDraft, AGAIN_AFTER);
}

function clock(at) {
  const zone = document.body.dataset.zone; // the centre's, whatever this machine's is
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
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

// What this machine still has, the server never got: it is newer than what the page came with. Only an answer
// to a save is newer still: it shows what was sent, and that is kept again.
function restoreDraft() {
  if (desk.dataset.answers) {
    keepDraft();
    return;
  }
  const draft = stored(() => JSON.parse(localStorage.getItem(draftKey(desk.dataset.call))));
  if (!draft || !desk.dataset.draft) return;
  fill(draft.values);
  document.getElementById("draft-at").textContent = clock(draft.at);
  document.getElementById("draft").hidden = false;
  keepDraft();
}

// --- Whose screen the reporter is on -----------------------------------------------------------------
function post(address, headers = {}, options = {}) {
  const csrf = JSON.parse(document.body.getAttribute("hx-headers"));
  return fetch(address, { method: "POST", headers: { ...csrf, ...headers }, keepalive: true, ...options });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keeps]")) isLeavingToSave = true; // postponing and numbers lead back to the call
});
window.addEventListener("pagehide", () => {
  if (desk?.dataset.draft && version && !isSaving && !isGivenUp) sendDraft();
  if (desk?.dataset.release && !isLeavingToSave) post(desk.dataset.release, { "X-Leaving": "1" });
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload(); // the way back must not show a call that is over
});

async function stillHere() {
  if (document.hidden) return;
  const answer = await post(desk.dataset.hold, { "X-Automatic": "call" }).catch(() => null);
  if (answer && !answer.ok && answer.status !== BUSY) say(desk.dataset.lost);
}

// A reload leaves the page for a moment and lets the reporter go: who reloads has not left.
const MINE = "desk-mine";
function comesBackFromReload() {
  const [entry] = performance.getEntriesByType("navigation");
  const was = stored(() => sessionStorage.getItem(MINE));
  return entry?.type === "reload" && was === desk.dataset.call && document.getElementById("open");
}

if (desk) {
  if (comesBackFromReload()) document.getElementById("open").requestSubmit();
  stored(() => sessionStorage.setItem(MINE, desk.dataset.hold ? desk.dataset.call : ""));
  stored(dropOldDrafts);
  if (desk.dataset.saved) dropDraft(desk.dataset.saved);
  if (desk.dataset.hold) {
    stillHere(); // after a reload the page that left may have let the reporter go
    setInterval(stillHere, STILL_HERE);
  }
}
if (form) {
  restoreDraft();
  show(Math.max(document.getElementById("desk-notice")?.hidden === false ? (unrated()[0] ?? 0) : 0, 0));
  form.addEventListener("change", keepDraft);
  form.addEventListener("input", keepDraft);
}
