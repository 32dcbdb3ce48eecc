// What all views share: the newest question wins, and its answer is drawn step by step.

import { get, pixels, post, square } from "./api.js";
import { Controls } from "./controls.js";
import { Pad } from "./pad.js";
import { attempt, say } from "./status.js";
import { takeaway } from "./takeaway.js";
import { Timeline } from "./timeline.js";

/**
 * A view of what the studio draws.
 *
 * Each says which route it asks (`path`) and what (`question`), and on which `plates` the answer is
 * drawn; most do more when it comes (`answered`), or show its steps in their own way (`show`).
 */
export class View {
  nextDoodle = 1;

  constructor(root) {
    this.asker = new Asker();
    this.timeline = new Timeline(root.querySelector("[data-timeline]"), () => this.redraw());
    this.controls = new Controls(root, () => this.go());
    this.pads = [...root.querySelectorAll("[data-pad]")].map((paper) => this.makePad(paper));
    takeaway(root.querySelector("[data-takeaway]"), () => this.asked);
  }

  makePad(paper) {
    const tools = paper.closest("figure").querySelector("[data-tools]");
    const pad = new Pad(paper, tools, () => {
      this.touched = pad; // the one that the keyboard undoes
      this.go();
    });
    pad.button("example", () => attempt(() => this.example(pad)));
    return pad;
  }

  /** Come into view, with this model; pads that nothing was ever on get an example. */
  async enter(model) {
    this.model = model;
    this.controls.mark();
    const fresh = this.pads.filter((pad) => pad.fresh);
    if (fresh.length) await Promise.all(fresh.map((pad) => this.example(pad)));
    else await this.go();
  }

  leave() {
    this.timeline.pause();
  }

  async example(pad) {
    pad.put(await this.doodle());
  }

  /** The next doodle that suits the model. */
  async doodle() {
    const { doodles } = this.model;
    const index = this.nextDoodle;
    this.nextDoodle += 1;
    const category = doodles[index % doodles.length];
    const { strokes } = await get(`doodle?category=${category}&index=${index}`);
    // In the middle of the page, where the recipe of the bitmaps puts a drawing.
    const shifts = [0, 1].map((axis) => {
      const most = Math.max(...strokes.flatMap((stroke) => stroke.map((point) => point[axis])));
      return (255 - most) / 2;
    });
    return strokes.map((stroke) => stroke.map(([x, y]) => [x + shifts[0], y + shifts[1]]));
  }

  /** Ask the view's question, unless the answer to it is here; an older one is given up. */
  async go() {
    this.asker.giveUp();
    if (this.pads.some((pad) => !pad.strokes.length)) {
      this.forget();
      return;
    }
    // A copy, for strokes go on being drawn.
    const body = structuredClone({ model: this.model.name, ...this.question() });
    if (JSON.stringify(body) === JSON.stringify(this.asked?.body)) return;
    const answer = await this.asker.ask(this.path, body);
    if (!answer) return;
    this.answer = answer;
    this.asked = { path: this.path, body };
    this.canvases = pixels(answer.canvases);
    const numSteps = answer.canvases.shape.at(-4);
    this.lastStep = numSteps - 1;
    for (const plate of this.plates) plate.resize(this.canvases.shape);
    this.timeline.set(numSteps, answer.rate_per_step);
    this.answered(answer);
  }

  /** Do what is to be done with an answer that has come. */
  answered() {
    this.timeline.start();
  }

  /** Take the answer away. */
  forget() {
    this.timeline.pause();
    this.answer = this.asked = null;
    for (const plate of this.plates) plate.clear();
  }

  redraw() {
    if (this.answer) this.show(this.timeline.at);
  }

  /** Show a step of each drawing. */
  show(step) {
    this.plates.forEach((plate, n) => {
      plate.show(this.canvases.at(n, step), this.given);
      plate.window(this.writing(n, step));
    });
  }

  /** The window that a drawing is written through, or null when it is done. */
  writing(n, step) {
    return step === this.lastStep ? null : square(this.answer.write, n, step);
  }
}

/** Asks the studio one thing at a time. */
class Asker {
  /** The answer; null if there is none, or it is not wanted any more. */
  async ask(path, body) {
    const control = (this.control = new AbortController());
    const slow = setTimeout(() => say("One moment: the model is warming up."), 1500);
    try {
      const answer = await post(path, body, { signal: control.signal });
      if (control.signal.aborted) return null;
      say();
      return answer;
    } catch (error) {
      if (!control.signal.aborted) say(error.message);
      return null;
    } finally {
      clearTimeout(slow);
    }
  }

  giveUp() {
    this.control?.abort();
    say();
  }
}
