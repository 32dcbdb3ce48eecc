// The sliders and fields of a view, bound to the page's address.

import { anySeed, change, state } from "./state.js";

export class Controls {
  /** `changed` is called when a visitor has changed one, and paused. */
  constructor(root, changed) {
    this.inputs = [...root.querySelectorAll("[data-control]")].filter(
      (input) => input.dataset.control in state,
    );
    this.outputs = root.querySelectorAll("[data-value]");
    for (const input of this.inputs) {
      const { control } = input.dataset;
      input.addEventListener("input", () => {
        if (!input.validity.valid || input.value === "") return;
        change({ [control]: input.valueAsNumber });
        this.mark();
        clearTimeout(this.waiting);
        this.waiting = setTimeout(changed, 120);
      });
    }
    root.querySelector("[data-another]")?.addEventListener("click", () => {
      change({ seed: anySeed() });
      this.mark();
      changed();
    });
  }

  mark() {
    for (const input of this.inputs) {
      const value = state[input.dataset.control];
      if (document.activeElement !== input || input.type === "range") input.value = value;
    }
    for (const output of this.outputs) {
      const value = state[output.dataset.value];
      output.textContent = output.dataset.value === "temperature" ? value.toFixed(2) : value;
    }
  }
}
