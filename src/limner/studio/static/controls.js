// @ts-check
// The sliders and fields of a view, bound to the page's address.

import { element, elements, input } from "./dom.js";
import { say } from "./status.js";
import { anySeed, change, fault, state } from "./state.js";

/** @typedef {"seed" | "temperature" | "steps"} Setting */

const PAUSE = 120; // milliseconds that a visitor pauses before what was set is asked for

export class Controls {
  waiting = 0;

  /**
   * @param {HTMLElement} root
   * @param {() => void} changed Is called when a visitor has changed one, and paused.
   */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.fields = /** @type {HTMLInputElement[]} */ (elements(root, "[data-control]")).filter(
      ({ dataset }) => (dataset.control ?? "") in state,
    );
    for (const field of this.fields) field.addEventListener("input", () => this.set(field));
    for (const another of elements(root, "[data-another]")) {
      another.addEventListener("click", () => {
        change({ seed: anySeed() });
        this.mark();
        changed();
      });
    }
  }

  /** @param {HTMLInputElement} field */
  set(field) {
    const name = /** @type {Setting} */ (field.dataset.control);
    const wrong = fault(name, field.value);
    field.setAttribute("aria-invalid", String(Boolean(wrong)));
    say(wrong && `${wrong}. The drawings are still those of ${name} ${state[name]}.`);
    if (wrong) return;
    change({ [name]: Number(field.value) });
    this.markValues();
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(this.changed, PAUSE);
  }

  /** @param {number} most Steps that the slider goes to. */
  limitSteps(most) {
    input(this.root, '[data-control="steps"]').max = String(most);
  }

  /** Bring the fields up to the address. */
  mark() {
    for (const field of this.fields) {
      field.value = String(state[/** @type {Setting} */ (field.dataset.control)]);
      field.removeAttribute("aria-invalid");
    }
    this.markValues();
  }

  markValues() {
    for (const field of this.fields) {
      const name = /** @type {Setting} */ (field.dataset.control);
      if (field.type !== "range") continue;
      const value = name === "temperature" ? state[name].toFixed(2) : String(state[name]);
      element(this.root, `[data-value="${name}"]`).textContent = value;
    }
  }
}
