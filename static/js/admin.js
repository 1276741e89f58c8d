// Accessible names that Django's admin pages lack: of search fields, fields in rows and empty column heads.

const headOf = (field) =>
  field
    .closest("table")
    ?.querySelector("thead tr")
    ?.cells[field.closest("td")?.cellIndex]?.textContent.trim();

const labelOf = (field) =>
  field.id &&
  document
    .querySelector(`label[for="${CSS.escape(field.id)}"]`)
    ?.textContent.trim()
    .replace(/[::]$/, "");

const setName = (element, text) => {
  if (text) element.setAttribute("aria-label", text);
};

const nameAll = () => {
  document
    .querySelectorAll(
      ".inline-group td input:not([type=hidden]), .inline-group td select, .inline-group td textarea",
    )
    .forEach((field) => {
      if (!field.labels?.length) setName(field, headOf(field));
    });
  document.querySelectorAll(".select2-selection").forEach((selection) => {
    const select = selection.closest(".select2-container").previousElementSibling;
    const text = labelOf(select) || headOf(select);
    setName(selection, text);
    selection.querySelectorAll(".select2-selection__rendered").forEach((shown) => setName(shown, text));
  });
};

document.querySelectorAll(".inline-group th").forEach((head) => {
  if (!head.textContent.trim()) head.setAttribute("role", "cell");
});
nameAll();
addEventListener("load", nameAll);
document.addEventListener("formset:added", () => setTimeout(nameAll));
