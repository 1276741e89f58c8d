import { csrfHeaders } from "../shared/csrf.js";

/** Status of a server that is restarting or overloaded: worth another try. */
export const BUSY = 503;

/**
 * Posts in the background, even while the page is being left.
 *
 * @param {string} address
 * @param {RequestInit} [options]
 * @returns {Promise<Response | null>} null without a network
 */
export function post(address, options = {}) {
  const headers = { ...csrfHeaders(), ...options.headers };
  return fetch(address, { method: "POST", keepalive: true, ...options, headers }).catch(() => null);
}
