// @ts-check
// The status line, and what fails.

import { element } from "./dom.js";

const status = element(document, "#status");

let said = "";
let doings = "";

/** @param {string} words Said until others are. */
export function say(words = "") {
  said = words;
  status.textContent = doings || said;
}

/** @param {string} words What the page is doing, before all that is said; empty when it is done. */
export function doing(words = "") {
  doings = words;
  status.textContent = doings || said;
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
