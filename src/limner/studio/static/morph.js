// Morph: two drawings and the way between them.

import { pixels, square } from "./api.js";
import { Pad } from "./pad.js";
import { Plate, wall } from "./plate.js";
import { Timeline } from "./timeline.js";
import { Asker, example, takeaway } from "./view.js";

const MAT = 4;
const NUM = 33;
const STRIP = 9;

export class MorphView {
  constructor(root) {
    this.asker = new Asker();
    this.examples = { first: 0, second: 1 };
    this.between = new Plate(root.querySelector('[data-plate="between"]'), { mat: MAT });
    this.strip = wall(root.querySelector("[data-wall]"), STRIP);
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), () => this.show());
    this.slider = root.querySelector('[data-control="place"]');
    this.slider.addEventListener("input", () => this.show());
    this.pads = {};
    for (const end of ["first", "second"]) {
      const pad = new Pad(
        root.querySelector(`[data-pad="${end}"]`),
        root.querySelector(`[data-tools="${end}"]`),
        () => this.go(),
      );
      pad.button("example", () => this.example(end));
      this.pads[end] = pad;
    }
    this.strip.forEach((plate, n) => {
      plate.root.addEventListener("click", () => {
        this.slider.value = ((NUM - 1) * n) / (STRIP - 1);
        this.show();
      });
    });
    takeaway(root.querySelector("[data-takeaway]"), () => this.asked);
  }

  async enter(model) {
    const changed = this.model !== model;
    this.model = model;
    const fresh = Object.entries(this.pads).filter(([, pad]) => !pad.past.length);
    if (fresh.length) await Promise.all(fresh.map(([end]) => this.example(end)));
    else if (changed) this.go();
  }

  leave() {
    this.timeline.pause();
  }

  async example(end) {
    this.examples[end] += 2;
    this.pads[end].put(await example(this.model, this.examples[end]));
  }

  async go() {
    const [first, second] = [this.pads.first.strokes, this.pads.second.strokes];
    if (!first.length || !second.length) {
      this.asker.forget();
      this.timeline.pause();
      this.answer = this.asked = null;
      for (const plate of [this.between, ...this.strip]) plate.clear();
      return;
    }
    const body = { model: this.model.name, first, second, num: NUM };
    const answer = await this.asker.ask("interpolate", body);
    if (!answer) return;
    this.answer = answer;
    this.asked = { path: "interpolate", body };
    this.canvases = pixels(answer.canvases);
    for (const plate of [this.between, ...this.strip]) plate.resize(this.canvases.shape);
    const num_steps = answer.canvases.shape[1];
    this.timeline.set(num_steps, null);
    this.strip.forEach((plate, n) => {
      plate.show(this.canvases.at(((NUM - 1) * n) / (STRIP - 1), num_steps - 1));
    });
    this.timeline.go(num_steps - 1);
  }

  show() {
    if (!this.answer) return;
    const place = this.slider.valueAsNumber;
    const step = this.timeline.at;
    const last = step === this.answer.canvases.shape[1] - 1;
    this.between.show(this.canvases.at(place, step));
    this.between.window(last ? null : square(this.answer.write, place, step));
    this.strip.forEach((plate, n) => {
      const here = Math.round((place * (STRIP - 1)) / (NUM - 1)) === n;
      plate.root.classList.toggle("here", here);
    });
  }
}
