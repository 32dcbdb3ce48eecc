// Dream: a wall of samples from the prior that draw themselves at once.

import { pixels, square } from "./api.js";
import { wall } from "./plate.js";
import { change, state } from "./state.js";
import { Timeline } from "./timeline.js";
import { Asker, Controls, takeaway } from "./view.js";

const NUM = 24;

export class DreamView {
  constructor(root) {
    this.asker = new Asker();
    this.plates = wall(root.querySelector("[data-wall]"), NUM, { mat: 2 });
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), (step) => this.step(step));
    this.steps = root.querySelector('[data-control="steps"]');
    this.controls = new Controls(root, () => this.dream());
    takeaway(root.querySelector("[data-takeaway]"), () => this.asked);
  }

  enter(model) {
    this.model = model;
    this.steps.max = model.most_steps;
    change({ steps: Math.min(state.steps || model.num_steps, model.most_steps) });
    this.controls.mark();
    return this.dream();
  }

  leave() {
    this.timeline.pause();
  }

  async dream() {
    const body = {
      model: this.model.name,
      num: NUM,
      seed: state.seed,
      temperature: state.temperature,
      num_steps: state.steps,
    };
    if (JSON.stringify(body) === JSON.stringify(this.asked?.body)) return;
    const answer = await this.asker.ask("sample", body);
    if (!answer) return;
    this.answer = answer;
    this.asked = { path: "sample", body };
    this.canvases = pixels(answer.canvases);
    for (const plate of this.plates) plate.resize(this.canvases.shape);
    this.timeline.set(answer.num_steps, null);
    this.timeline.start();
  }

  step(step) {
    if (!this.answer) return;
    const last = step === this.answer.num_steps - 1;
    this.plates.forEach((plate, n) => {
      plate.show(this.canvases.at(n, step));
      plate.window(last ? null : square(this.answer.write, n, step));
    });
  }
}
