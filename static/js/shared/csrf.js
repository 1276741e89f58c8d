/** Headers that a POST needs; the page carries them for HTMX. */
export const csrfHeaders = () => JSON.parse(document.body.getAttribute("hx-headers"));
