// Finish: a drawing that is begun, and several ways it may go on.

import { pixels, square } from "./api.js";
import { Pad } from "./pad.js";
import { wall } from "./plate.js";
import { state } from "./state.js";
import { Timeline } from "./timeline.js";
import { Asker, Controls, example, takeaway } from "./view.js";

const NUM = 8;
const FIRST = 49; // among cats, an oval that wants ears

export class FinishView {
  constructor(root) {
    this.asker = new Asker();
    this.examples = 0;
    this.plates = wall(root.querySelector("[data-wall]"), NUM, { mat: 2 });
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), (step) => this.step(step));
    this.controls = new Controls(root, () => this.go());
    this.pad = new Pad(root.querySelector("[data-pad]"), root.querySelector("[data-tools]"), () =>
      this.go(),
    );
    this.pad.button("example", () => this.example());
    takeaway(root.querySelector("[data-takeaway]"), () => this.asked);
  }

  async enter(model) {
    const changed = this.model !== model;
    this.model = model;
    this.controls.mark();
    if (!this.pad.strokes.length && !this.pad.past.length) await this.example();
    else if (changed) this.go();
  }

  leave() {
    this.timeline.pause();
  }

  /** The first strokes of a doodle. */
  async example() {
    const strokes = await example(this.model, FIRST + this.examples);
    this.examples += 1;
    const begun = strokes.slice(0, Math.max(1, Math.floor(strokes.length / 3)));
    this.pad.put(begun, { keep: true });
  }

  async go() {
    const { strokes } = this.pad;
    if (!strokes.length) {
      this.asker.forget();
      this.timeline.pause();
      this.answer = this.asked = null;
      for (const plate of this.plates) plate.clear();
      return;
    }
    const { seed, temperature } = state;
    const body = { model: this.model.name, strokes, num: NUM, seed, temperature };
    const answer = await this.asker.ask("complete", body);
    if (!answer) return;
    this.answer = answer;
    const whole = strokes.map((stroke) => stroke.map((point) => point.map(Math.round)));
    this.asked = {
      path: "complete",
      body,
      strokes: whole,
      word: this.model.categories[0] ?? "drawing",
    };
    this.canvases = pixels(answer.canvases);
    this.given = pixels(answer.image).at();
    for (const plate of this.plates) plate.resize(this.canvases.shape);
    this.timeline.set(answer.canvases.shape[1], null);
    this.timeline.start();
  }

  step(step) {
    if (!this.answer) return;
    const last = step === this.answer.canvases.shape[1] - 1;
    this.plates.forEach((plate, n) => {
      plate.show(this.canvases.at(n, step), this.given);
      plate.window(last ? null : square(this.answer.write, n, step));
    });
  }
}
