// Draw: a drawing, looked at and drawn again.

import { pixels, square } from "./api.js";
import { Pad } from "./pad.js";
import { Plate } from "./plate.js";
import { state } from "./state.js";
import { Timeline } from "./timeline.js";
import { Asker, example, takeaway } from "./view.js";

const MAT = 4;

export class DrawView {
  constructor(root) {
    this.asker = new Asker();
    this.examples = 0;
    this.image = new Plate(root.querySelector('[data-plate="image"]'), { mat: MAT });
    this.canvas = new Plate(root.querySelector('[data-plate="canvas"]'), { mat: MAT });
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), (step) => this.step(step));
    this.pad = new Pad(root.querySelector("[data-pad]"), root.querySelector("[data-tools]"), () =>
      this.look(),
    );
    this.pad.button("example", () => this.example());
    this.numbers = root.querySelectorAll("[data-number]");
    this.note = root.querySelector("[data-note]");
    takeaway(root.querySelector("[data-takeaway]"), () => this.asked);
  }

  /** Come into view, with this model. */
  async enter(model) {
    const changed = this.model !== model;
    this.model = model;
    if (!this.pad.strokes.length && !this.pad.past.length) await this.example();
    else if (changed) this.look();
  }

  leave() {
    this.timeline.pause();
  }

  async example() {
    this.pad.put(await example(this.model, (this.examples += 1)));
  }

  async look() {
    const { strokes } = this.pad;
    if (!strokes.length) {
      this.forget();
      return;
    }
    const body = { model: this.model.name, strokes, seed: state.seed };
    const answer = await this.asker.ask("reconstruct", body);
    if (!answer) return;
    this.answer = answer;
    this.asked = {
      path: "reconstruct",
      body,
      strokes: answer.strokes,
      word: this.model.categories[0] ?? "drawing",
    };
    const seen = pixels(answer.image);
    this.canvases = pixels(answer.canvases);
    for (const plate of [this.image, this.canvas]) plate.resize(seen.shape);
    this.image.show(seen.at());
    for (const output of this.numbers) {
      output.textContent = answer[output.dataset.number].toFixed(1);
    }
    this.note.textContent = words(answer);
    this.timeline.set(answer.rate_per_step.length, answer.rate_per_step);
    this.timeline.start();
  }

  forget() {
    this.asker.forget();
    this.timeline.pause();
    this.answer = this.asked = null;
    this.image.clear();
    this.canvas.clear();
    for (const output of this.numbers) output.textContent = "–";
    this.note.textContent = "";
  }

  step(step) {
    if (!this.answer) return;
    this.canvas.show(this.canvases.at(step));
    this.image.window(square(this.answer.read, 0, step), "read");
    this.canvas.window(square(this.answer.write, 0, step), "write");
  }
}

function words({ percentile, floor }) {
  const parts = [];
  if (percentile !== null) {
    parts.push(`Lower than for ${Math.round(100 - percentile)} % of test drawings.`);
  }
  if (floor > 0.5) {
    parts.push(`The grey edges of the strokes alone cost ${floor.toFixed(1)}.`);
  }
  return parts.join(" ");
}
