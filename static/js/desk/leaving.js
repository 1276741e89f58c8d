/** How the page is being left. Whoever simply goes away frees the reporter, and the last answers become a draft. */
export class Leaving {
  /** The request that leaves the page still needs the reporter, or frees the reporter itself. */
  keepsReporter = false;
  /** The call is being saved: no draft of it is needed. */
  isSaving = false;
  givesUpDraft = false;
}

/** Notes the forms and links that keep the reporter: taking over, opening, undoing, postponing, changing a number. */
export function watchLeaving(leaving) {
  document.addEventListener("submit", (event) => {
    if (event.target.matches('[id^="take-"], #open, #draft, [data-undo]')) leaving.keepsReporter = true;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keeps]")) leaving.keepsReporter = true;
  });
}
