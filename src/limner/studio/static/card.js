// @ts-check
// A model's card.

import { element, make } from "./dom.js";

/** @typedef {import("./library.js").Model} Model */

const card = /** @type {HTMLDialogElement} */ (element(document, "#card"));

card.addEventListener("click", (event) => {
  if (event.target === card) card.close(); // beside it, on what it covers
});

/** @param {Model} model */
export function showCard({ name, card: { words, facts } }) {
  element(card, "#card-title").textContent = name;
  element(card, "#card-words").textContent = words;
  element(card, "#card-facts").replaceChildren(...facts.map(row));
  card.showModal();
}

/** @param {[string, string]} fact */
function row([name, value]) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}
