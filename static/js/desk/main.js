// The callback desk: the list, an open call and an ended call. Answers and outcomes work by keyboard.

import { focusTextOfChoice, takeBackOnSecondClick } from "./answers.js";
import { DraftStore } from "./draft_store.js";
import { Drafts } from "./drafts.js";
import { openHelpOnClick } from "./help.js";
import { listenForKeys } from "./keys.js";
import { Leaving, watchLeaving } from "./leaving.js";
import { isNoticeShown } from "./notice.js";
import { OrderTabs } from "./order_tabs.js";
import { startPresence } from "./presence.js";
import { confirmBeforeSaving } from "./saving.js";
import { countDownUndo } from "./undo.js";

const desk = document.querySelector("[data-desk]");
const form = document.getElementById("call");
const store = new DraftStore(desk.dataset.person);
const leaving = new Leaving();

listenForKeys();
openHelpOnClick();
countDownUndo();
watchLeaving(leaving);
store.dropOld(Date.now());
if (desk.dataset.saved) store.drop(desk.dataset.saved);
// The call comes first: when the page is left, its draft is sent before the reporter is freed.
if (form) startCall();
startPresence(desk, leaving);

function startCall() {
  const tabs = new OrderTabs();
  const drafts = new Drafts({ desk, form, store, leaving });

  takeBackOnSecondClick(form);
  focusTextOfChoice(form);
  confirmBeforeSaving({ desk, form, tabs, onSave });
  document.getElementById("draft")?.addEventListener("submit", () => drafts.giveUp());
  window.addEventListener("pagehide", () => drafts.sendBeforeLeaving());

  drafts.restore();
  tabs.show(isNoticeShown() ? (tabs.unrated()[0] ?? 0) : 0);
  form.addEventListener("change", () => {
    tabs.refresh();
    drafts.keep();
  });
  form.addEventListener("input", () => drafts.keep());

  function onSave() {
    leaving.keepsReporter = leaving.isSaving = true;
    drafts.stop();
  }
}
