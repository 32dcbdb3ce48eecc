// @ts-check
// A model's card.

import { element, make } from "./dom.js";
import { plural, sequence } from "./words.js";

/** @typedef {import("./library.js").Model} Model */

const card = /** @type {HTMLDialogElement} */ (element(document, "#card"));

card.addEventListener("click", (event) => {
  if (event.target === card) card.close(); // beside it, on what it covers
});

/** @param {Model} model */
export function showCard(model) {
  const { categories } = model;
  const subject = categories.length ? `It draws ${sequence(categories.map(plural))}.` : "";
  element(card, "#card-title").textContent = model.name;
  element(card, "#card-words").textContent = model.card?.words ?? subject;
  element(card, "#card-facts").replaceChildren(...facts(model).map(row));
  card.showModal();
}

/**
 * What the card tells; of a model without one, what its sizes tell.
 *
 * @param {Model} model
 * @returns {[string, string][]}
 */
function facts({ model, bytes, binarisation, card: own }) {
  if (own) return own.facts;
  const { channels, height, width, num_steps: steps } = model;
  return [
    ["image", `${width} × ${height}, ${channels === 1 ? "ink" : "colour"}`],
    ["T", `${steps} steps`],
    ["latents each step, Z", String(model.latent_size)],
    ["reads", grid(model.read_grid)],
    ["writes", grid(model.write_grid)],
    ["targets", binarisation],
    ["weights", `${(bytes / 1e6).toFixed(1)} MB`],
  ];
}

/** @param {number | null} size */
function grid(size) {
  return size === null ? "the whole image" : `${size} × ${size} filters`;
}

/** @param {[string, string]} fact */
function row([name, value]) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}
