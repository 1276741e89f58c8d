// What every page shares. Everything here is a convenience: without it the forms still work.

// Ask once before a destructive act: <form data-confirm="…"> or hx-confirm, one shared <dialog>.
const dialog = document.getElementById("confirm");
let afterConfirming = null;

function confirmFirst(sentence, onConfirmed) {
  if (!dialog) {
    onConfirmed();
    return;
  }
  if (!dialog.showModal) {
    if (window.confirm(sentence)) onConfirmed(); // Firefox before 98 has no <dialog>
    return;
  }
  dialog.querySelector("p").textContent = sentence;
  afterConfirming = onConfirmed;
  dialog.returnValue = "";
  dialog.showModal();
}

dialog?.addEventListener("close", () => {
  const onConfirmed = afterConfirming;
  afterConfirming = null;
  if (dialog.returnValue === "yes" && onConfirmed) onConfirmed();
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
    confirmFirst(sentence, () => {
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
  confirmFirst(event.detail.question, () => event.detail.issueRequest(true));
});

// A second tap on a slow network must not send a form twice.
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

// Messages can be closed; a partial request that failed shows one.
const notices = document.getElementById("notices");
document.addEventListener("click", (event) => {
  event.target.closest(".messages .close")?.closest("li").remove();
  if (event.target.closest("[data-print]")) window.print();
});

function showError(sentence) {
  if (!notices) return;
  const list = document.createElement("ul");
  list.className = "messages";
  const item = list.appendChild(document.createElement("li"));
  item.className = "error";
  item.textContent = sentence;
  notices.replaceChildren(list);
}
document.addEventListener("htmx:sendError", () => showError(document.body.dataset.offline));
document.addEventListener("htmx:timeout", () => showError(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => showError(document.body.dataset.failed));

// Filters apply at once; the button stays for browsers without scripts.
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
