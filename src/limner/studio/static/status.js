// @ts-check
// The status line, and what fails.

import { element } from "./dom.js";

const status = element(document, "#status");

/** @param {string} words Said until others are. */
export function say(words = "") {
  status.textContent = words;
}

/**
 * Do something; say why if it fails.
 *
 * @param {() => unknown} act
 */
export async function attempt(act) {
  try {
    await act();
  } catch (error) {
    say(sentence(error));
  }
}

/**
 * What went wrong, as a sentence.
 *
 * @param {unknown} error
 */
export function sentence(error) {
  const words = error instanceof Error ? error.message : String(error);
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
