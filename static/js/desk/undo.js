const SECOND = 1000;

/** Counts down the seconds in which the last save can be undone, then hides the button. */
export function countDownUndo() {
  const undo = document.querySelector("[data-undo]");
  if (!undo) return;
  const seconds = undo.querySelector("[data-seconds]");
  const timer = setInterval(() => {
    seconds.textContent = String(Number(seconds.textContent) - 1);
    if (Number(seconds.textContent) > 0) return;
    clearInterval(timer);
    undo.hidden = true;
  }, SECOND);
}
