// Draw: a drawing, looked at and drawn again.

import { pixels, square } from "./api.js";
import { Plate } from "./plate.js";
import { state } from "./state.js";
import { View } from "./view.js";

const MAT = 4;

export class DrawView extends View {
  path = "reconstruct";

  constructor(root) {
    super(root);
    this.image = new Plate(root.querySelector('[data-plate="image"]'), { mat: MAT });
    this.canvas = new Plate(root.querySelector('[data-plate="canvas"]'), { mat: MAT });
    this.plates = [this.image, this.canvas];
    this.numbers = root.querySelectorAll("[data-number]");
    this.note = root.querySelector("[data-note]");
  }

  question() {
    return { strokes: this.pads[0].strokes, seed: state.seed };
  }

  answered(answer) {
    this.image.show(pixels(answer.image).at());
    for (const output of this.numbers) {
      output.textContent = answer[output.dataset.number].toFixed(1);
    }
    this.note.textContent = words(answer);
    this.timeline.start();
  }

  forget() {
    super.forget();
    for (const output of this.numbers) output.textContent = "–";
    this.note.textContent = "";
  }

  show(step) {
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
