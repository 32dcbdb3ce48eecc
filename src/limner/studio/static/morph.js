// Morph: two drawings and the way between them.

import { Plate, wall } from "./plate.js";
import { View } from "./view.js";

const MAT = 4;
const NUM = 33;
const STRIP = 9;
const STRIDE = (NUM - 1) / (STRIP - 1);

export class MorphView extends View {
  path = "interpolate";
  nextDoodle = 2;

  constructor(root) {
    super(root);
    this.between = new Plate(root.querySelector('[data-plate="between"]'), { mat: MAT });
    this.strip = wall(root.querySelector("[data-wall]"), STRIP);
    this.plates = [this.between, ...this.strip];
    this.slider = root.querySelector('[data-control="place"]');
    this.slider.addEventListener("input", () => this.redraw());
    this.strip.forEach((plate, n) => {
      plate.root.addEventListener("click", () => {
        this.slider.value = STRIDE * n;
        this.redraw();
      });
    });
  }

  question() {
    const [first, second] = this.pads.map((pad) => pad.strokes);
    return { first, second, num: NUM };
  }

  answered() {
    this.strip.forEach((plate, n) => plate.show(this.canvases.at(STRIDE * n, this.lastStep)));
    this.timeline.go(this.lastStep);
  }

  show(step) {
    const place = this.slider.valueAsNumber;
    this.between.show(this.canvases.at(place, step));
    this.between.window(this.writing(place, step));
    this.strip.forEach((plate, n) => {
      plate.root.classList.toggle("here", Math.round(place / STRIDE) === n);
    });
  }
}
