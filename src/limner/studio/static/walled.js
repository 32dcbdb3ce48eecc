// @ts-check
// Views of a wall of drawings, one of which can be taken out: to take away, or to go on with.

import { element } from "./dom.js";
import { View } from "./view.js";
import { Wall } from "./wall.js";

/** @typedef {import("./show.js").Show} Show */

export class WalledView extends View {
  /**
   * @param {HTMLElement} root
   * @param {import("./view.js").Surroundings} surroundings
   * @param {number} count Of the drawings.
   */
  constructor(root, surroundings, count) {
    super(root, surroundings);
    const list = element(root, "[data-wall]");
    this.wall = new Wall(list, count, () => this.take.update(), { mat: 2 });
    this.plates = this.wall.plates;
  }

  /** @override @param {Show} show */
  begin(show) {
    this.wall.pick(null);
  }

  /** @override @param {Show} show */
  name(show) {
    this.plates.forEach((plate, index) => {
      const seen = show.describe(index);
      plate.name(`Drawing ${index + 1} of ${this.plates.length}: ${seen}`);
    });
  }

  /** @override */
  forget() {
    this.wall.pick(null);
    for (const plate of this.plates) plate.name("No drawing yet");
    super.forget();
  }

  /** @override */
  taken() {
    const all = super.taken();
    const { picked } = this.wall;
    return all && picked !== null ? all.only(picked) : all;
  }
}
