// What every page shares. Everything here is a convenience: without it the forms still work.

// Ask once before a destructive act: <form data-confirm="…"> or hx-confirm, one shared <dialog>.
const dialog = document.getElementById("confirm");
let onYes = null;

function ask(sentence, yes) {
  if (!dialog) {
    yes();
    return;
  }
  if (!dialog.showModal) {
    if (window.confirm(sentence)) yes(); // Firefox before 98 has no <dialog>
    return;
  }
  dialog.querySelector("p").textContent = sentence;
  onYes = yes;
  dialog.returnValue = "";
  dialog.showModal();
}

dialog?.addEventListener("close", () => {
  const yes = onYes;
  onYes = null;
  if (dialog.returnValue === "yes" && yes) yes();
});

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const sentence = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (!sentence || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(sentence, () => {
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  },
  true,
);

document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, () => event.detail.issueRequest(true));
});

// A second tap on a slow line must not send a form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-download]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.classList.add("busy");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll(".busy").forEach((button) => button.classList.remove("busy"));
  });
});

// Messages: close one; say so when a partial request did not get through.
const notices = document.getElementById("notices");
document.addEventListener("click", (event) => {
  event.target.closest(".messages .close")?.closest("li").remove();
  if (event.target.closest("[data-print]")) window.print();
});

function say(sentence) {
  if (!notices) return;
  const list = document.createElement("ul");
  list.className = "messages";
  const item = list.appendChild(document.createElement("li"));
  item.className = "error";
  item.textContent = sentence;
  notices.replaceChildren(list);
}
document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));
document.addEventListener("htmx:timeout", () => say(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => say(document.body.dataset.failed));

// Filters answer at once; the button stays for those without script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});

// The sheet of the bottom bar closes on a tap outside and on Escape.
const more = document.getElementById("more");
document.addEventListener("click", (event) => {
  if (more?.open && !more.contains(event.target)) more.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && more?.open) more.open = false;
});
