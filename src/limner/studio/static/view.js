// What all views share: the newest request wins, drawings are taken away, sliders say their value.

import { get, post } from "./api.js";
import { anySeed, change, state } from "./state.js";

const status = document.getElementById("status");

/** Say something in the status line; nothing clears it. */
export function say(words = "") {
  status.textContent = words;
}

/** Ask the studio, giving up an older question of the same asker. */
export class Asker {
  async ask(path, body) {
    this.control?.abort();
    const control = (this.control = new AbortController());
    const slow = setTimeout(() => say("One moment: the model is warming up."), 1500);
    try {
      const answer = await post(path, body, { signal: control.signal });
      if (control.signal.aborted) return null;
      say();
      return answer;
    } catch (error) {
      if (!control.signal.aborted) {
        say(error instanceof TypeError ? "The studio does not answer: is it still running?" : error.message);
      }
      return null;
    } finally {
      clearTimeout(slow);
    }
  }

  forget() {
    this.control?.abort();
  }
}

/** A doodle to start from: of the model's category if there are such. */
export async function example(model, index) {
  const doodles = ["cat", "dog", "fish", "flower", "house", "tree", "car", "face"];
  const known = model.categories.filter((category) => doodles.includes(category));
  const choice = known.length ? known : model.data === "doodles" ? doodles : ["cat"];
  const category = choice[index % choice.length];
  const { strokes } = await get(`doodle?category=${category}&index=${index}`);
  // In the middle of the page, where the recipe of the bitmaps puts a drawing.
  const shifts = [0, 1].map((axis) => {
    const most = Math.max(...strokes.flatMap((stroke) => stroke.map((point) => point[axis])));
    return (255 - most) / 2;
  });
  return strokes.map((stroke) => stroke.map(([x, y]) => [x + shifts[0], y + shifts[1]]));
}

const WORDS = {
  gif: ["GIF", "An animation"],
  png: ["PNG", "A strip of stills"],
  svg: ["SVG", "The path of the windows"],
  ndjson: ["ndjson", "The drawing, simplified, as Quick, Draw! has it"],
  link: ["link", "The address of these very drawings"],
};

/**
 * The row of things to take away.
 *
 * `current` gives what was last asked, as { path, body, strokes, word }, or null.
 */
export function takeaway(root, current) {
  root.append("Take away ");
  for (const kind of root.dataset.takeaway.split(" ")) {
    const [name, title] = WORDS[kind];
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "quiet", textContent: name, title });
    button.dataset.kind = kind;
    button.addEventListener("click", async () => {
      const asked = current();
      if (!asked) {
        say("There is nothing to take away yet.");
        return;
      }
      button.disabled = true;
      try {
        await take(kind, asked);
      } catch (error) {
        say(error.message);
      } finally {
        button.disabled = false;
      }
    });
    root.append(button);
  }
}

async function take(kind, { path, body, strokes, word }) {
  if (kind === "link") {
    // Only pages from this machine, or over TLS, may write to the clipboard.
    await navigator.clipboard?.writeText(location.href);
    say(navigator.clipboard ? "The link is copied." : "The link is this page’s address.");
    return;
  }
  if (kind === "ndjson") {
    const drawing = strokes.map((points) => [0, 1].map((axis) => points.map((point) => point[axis])));
    save(new Blob([`${JSON.stringify({ word, drawing })}\n`], { type: "application/x-ndjson" }), path, kind);
    return;
  }
  say("Making the picture …");
  save(await post(path, body, { format: kind }), path, kind);
  say();
}

function save(blob, path, kind) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `limner-${path}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The sliders and fields of a view, bound to the page's address. */
export class Controls {
  constructor(root, changed) {
    this.inputs = [...root.querySelectorAll("[data-control]")].filter(
      (input) => input.dataset.control in state,
    );
    this.outputs = root.querySelectorAll("[data-value]");
    for (const input of this.inputs) {
      const { control } = input.dataset;
      input.addEventListener("input", () => {
        if (!input.validity.valid || input.value === "") return;
        change({ [control]: input.valueAsNumber });
        this.mark();
        clearTimeout(this.waiting);
        this.waiting = setTimeout(changed, 120);
      });
    }
    root.querySelector("[data-another]")?.addEventListener("click", () => {
      change({ seed: anySeed() });
      this.mark();
      changed();
    });
  }

  mark() {
    for (const input of this.inputs) {
      const value = state[input.dataset.control];
      if (document.activeElement !== input || input.type === "range") input.value = value;
    }
    for (const output of this.outputs) {
      const value = state[output.dataset.value];
      output.textContent = output.dataset.value === "temperature" ? value.toFixed(2) : value;
    }
  }
}
