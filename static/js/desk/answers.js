// Answers are radio buttons. An answer can be taken back, because a question may not have been asked after all;
// the overall rating can only be changed.

const canBeTakenBack = (radio) => !radio.dataset.rating;

function setChecked(radio, isChecked) {
  radio.checked = isChecked;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Chooses an answer by its key, or takes it back if it is chosen. */
export function chooseOrTakeBack(radio) {
  setChecked(radio, !(radio.checked && canBeTakenBack(radio)));
}

/** Takes back a chosen answer that is clicked again. `click` comes too late to tell: the radio is checked by then. */
export function takeBackOnSecondClick(form) {
  form.addEventListener("pointerdown", (event) => {
    const radio = event.target.closest("label")?.control;
    if (radio?.type === "radio" && canBeTakenBack(radio)) radio.dataset.was = radio.checked ? "1" : "";
  });
  form.addEventListener("click", (event) => {
    const radio = event.target;
    if (radio.type !== "radio" || !radio.dataset.was) return;
    radio.dataset.was = "";
    setChecked(radio, false);
  });
}

/** Moves the focus to the text field that a choice asks for ("other: what?"). */
export function focusTextOfChoice(form) {
  form.addEventListener("change", ({ target }) => {
    if (target.dataset.opens && target.checked) document.getElementById(target.dataset.opens).focus();
  });
}

/** Is anything answered or written? */
export function hasAnswers(form) {
  const isWritten = [...form.querySelectorAll("textarea")].some((field) => field.value.trim() !== "");
  return isWritten || Boolean(form.querySelector("[data-part] :checked"));
}
