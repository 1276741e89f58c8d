// Meeting mode by keyboard: move, choose, save. What is typed and not saved survives a move on this device.

const form = document.querySelector("form[data-draft]");
const key = form && `meeting:${form.dataset.draft}`;
const typing = (target) => target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

function fields() {
  return [...form.elements].filter((field) => field.name && field.type !== "hidden");
}

function read() {
  return fields().map((field) => (/radio|checkbox/.test(field.type) ? field.checked : field.value));
}

function keep() {
  try {
    sessionStorage.setItem(key, JSON.stringify(read()));
  } catch {
    // A full or forbidden store: the words stay on the screen only.
  }
}

function restore() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(key));
  } catch {
    return;
  }
  const all = fields();
  if (!kept || kept.length !== all.length || form.querySelector("[role=alert]")) return;
  if (JSON.stringify(kept) === JSON.stringify(read())) return;
  all.forEach((field, n) => {
    if (/radio|checkbox/.test(field.type)) field.checked = kept[n];
    else field.value = kept[n];
  });
  const note = document.getElementById("draft-note");
  if (note) note.hidden = false;
}

if (form) {
  restore();
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => {
    try {
      // The key holds the version: once saved, the page has another one.
      sessionStorage.removeItem(key);
    } catch {
      // Nothing was kept.
    }
  });
}

const go = (where) => document.querySelector(`[data-move="${where}"]`)?.click();

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const choices = form ? form.querySelectorAll("[name=decision]") : [];
  if (event.key === "ArrowLeft" || event.key === "PageUp") {
    event.preventDefault();
    go("previous");
  } else if (event.key === "ArrowRight" || event.key === "PageDown") {
    event.preventDefault();
    go("next");
  } else if (/^[1-9]$/.test(event.key) && choices[event.key - 1]) {
    event.preventDefault();
    choose(choices[event.key - 1]);
  } else if (event.key === "f" || event.key === "F") {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.();
  }
});

// The first field that the decision asks for is where one goes on typing.
function choose(choice) {
  choice.checked = true;
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  const wanted =
    form.querySelector(`.for-${choice.value}`) || form.querySelector("[name=reason]")?.parentElement;
  wanted?.querySelector("textarea, select, input")?.focus();
}
