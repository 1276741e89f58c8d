/** Storage of a browser, in memory: its keys are its own properties. */
export class MemoryStorage {
  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    this[key] = String(value);
  }

  removeItem(key) {
    delete this[key];
  }
}

/** A browser in which storage is forbidden. */
export function forbiddenStorage() {
  throw new DOMException("The operation is insecure.", "SecurityError");
}
