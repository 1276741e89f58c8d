const notice = () => document.getElementById("desk-notice");

/** Shows a sentence above the call. */
export function showNotice(sentence) {
  const element = notice();
  if (!element) return;
  element.textContent = sentence;
  element.hidden = !sentence;
}

/** Did the server answer with a refusal or a question? */
export const isNoticeShown = () => notice()?.hidden === false;
