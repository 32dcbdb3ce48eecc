// @ts-check
// What a hand does to the reading window, and giving everything back.

import { make } from "../dom.js";

/** @typedef {import("../model/inspection.js").Steering} Steering */

/** Factors are powers of two, from a quarter to four. */
const EXPONENTS = { type: "range", min: -2, max: 2, step: 0.25, value: 0 };

/** @type {Readonly<Steering>} The window as the network moves it. */
export const UNSTEERED = { holdFrom: null, stride: 1, std: 1 };

/**
 * Controls of the reading window.
 *
 * @param {Steering} steering It is changed here.
 * @param {object} told
 * @param {() => number} told.step The one that is shown, from 0.
 * @param {() => void} told.changed
 */
export function makeWindowControls(steering, { step, changed }) {
  const hold = make("input", { type: "checkbox" });
  const since = make("span");
  hold.addEventListener("change", () => {
    steering.holdFrom = hold.checked ? step() : null;
    changed();
  });
  const factors = /** @type {const} */ ([
    ["stride", "how far it reaches (stride)"],
    ["std", "how soft its filters are (σ)"],
  ]).map(([name, words]) => {
    const range = make("input", { ...EXPONENTS, "aria-label": words });
    const output = make("output");
    range.addEventListener("input", () => {
      steering[name] = 2 ** range.valueAsNumber;
      changed();
    });
    const root = make("div", { class: "slider" }, make("span", {}, words), output, range);
    return { name, range, output, root };
  });
  return {
    root: make(
      "div",
      { class: "window-controls" },
      make("label", { class: "check" }, hold, since),
      ...factors.map(({ root }) => root),
    ),
    show() {
      const { holdFrom } = steering;
      hold.checked = holdFrom !== null;
      since.textContent =
        holdFrom === null
          ? "hold it still from here on"
          : `held still from step ${holdFrom + 1} on`;
      for (const { name, range, output } of factors) {
        range.value = `${Math.log2(steering[name])}`;
        output.textContent = `× ${Number(steering[name].toFixed(2))}`;
      }
    },
  };
}

/**
 * Whether a window is left as the network moves it.
 *
 * @param {Steering} steering
 */
export function isUnsteered({ holdFrom, stride, std }) {
  return holdFrom === null && stride === 1 && std === 1;
}
