/** Does the element take text, so that letters are no commands in it? Lists to choose from count too. */
export const isTextField = (element) =>
  Boolean(element?.matches?.('textarea, select, input:not([type="radio"]):not([type="checkbox"])'));
