/**
 * Runs work on the browser's storage. A browser may forbid storage, or it may be full: the page works without it.
 *
 * @template T
 * @param {() => T} work
 * @param {T | null} [fallback] returned when the storage failed
 * @returns {T | null}
 */
export function tryStorage(work, fallback = null) {
  try {
    return work();
  } catch {
    return fallback;
  }
}
