// Dream: a wall of samples from the prior that draw themselves at once.

import { wall } from "./plate.js";
import { change, state } from "./state.js";
import { View } from "./view.js";

const NUM = 24;

export class DreamView extends View {
  path = "sample";

  constructor(root) {
    super(root);
    this.plates = wall(root.querySelector("[data-wall]"), NUM, { mat: 2 });
    this.steps = root.querySelector('[data-control="steps"]');
  }

  enter(model) {
    this.steps.max = model.most_steps;
    change({ steps: Math.min(state.steps || model.num_steps, model.most_steps) });
    return super.enter(model);
  }

  question() {
    const { seed, temperature, steps } = state;
    return { num: NUM, seed, temperature, num_steps: steps };
  }
}
