// @ts-check
// Many images in a list; one of them can be picked. Tab comes to the list, arrows go about in it.

import { make } from "./dom.js";
import { Plate } from "./plate.js";

export class Wall {
  /** @type {number | null} The one that is picked. */
  picked = null;

  /**
   * @param {HTMLElement} list
   * @param {number} count
   * @param {(index: number | null) => void} changed Is told what is picked.
   * @param {{mat?: number, toggles?: boolean}} [options] Whether a second press lets it go.
   */
  constructor(list, count, changed, { mat = 0, toggles = true } = {}) {
    this.list = list;
    this.changed = changed;
    this.toggles = toggles;
    this.buttons = Array.from({ length: count }, (_, index) => {
      const button = make("button", { type: "button", class: "plate" });
      button.addEventListener("click", () => this.press(index));
      list.append(make("li", {}, button));
      return button;
    });
    this.plates = this.buttons.map((button) => new Plate(button, { mat }));
    list.addEventListener("keydown", (event) => this.steer(event));
    this.mark();
  }

  /** @param {number} index */
  press(index) {
    this.pick(this.toggles && this.picked === index ? null : index);
    this.changed(this.picked);
  }

  /** @param {number | null} index */
  pick(index) {
    this.picked = index;
    this.mark();
  }

  mark() {
    const reached = this.picked ?? 0;
    this.buttons.forEach((button, index) => {
      button.setAttribute("aria-pressed", String(index === this.picked));
      button.tabIndex = index === reached ? 0 : -1;
    });
  }

  /** @param {KeyboardEvent} event */
  steer(event) {
    const at = this.buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
    const last = this.buttons.length - 1;
    const ways = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const way = ways[/** @type {keyof typeof ways} */ (event.key)];
    const ends = { Home: 0, End: last };
    const to = ends[/** @type {keyof typeof ends} */ (event.key)] ?? (way && at + way);
    if (at < 0 || to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    this.buttons.forEach((button, index) => {
      button.tabIndex = index === to ? 0 : -1;
    });
    this.buttons[to].focus();
  }
}
