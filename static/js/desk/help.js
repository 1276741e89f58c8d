/** The list of keys, in a dialog. */
export function openHelpOnClick() {
  const help = document.getElementById("help");
  document.querySelector("[data-help]")?.addEventListener("click", () => {
    if (help.showModal) help.showModal();
    else window.alert(help.textContent.replace(/\s+/g, " ").trim()); // Firefox before 98 has no <dialog>
  });
}
