// @ts-check
// See the equations: one step of a reconstruction opened up, and a hand in it.
//
//     const view = mountEquations(section, { engine, model, image, seed, category, step, onStep });
//     view.update({ image });
//     view.destroy();

import { make } from "./dom.js";
import { isUnsteered, makeWindowControls, UNSTEERED } from "./equations/hand.js";
import { latentsPanel } from "./equations/latents.js";
import { paletteOf } from "./equations/paint.js";
import * as panels from "./equations/panels.js";
import { makePlane } from "./equations/plane.js";
import { makeTransport } from "./equations/transport.js";
import { PARTS, wordsOf } from "./equations/words.js";

/** @typedef {import("./model/client.js").Engine} Engine */
/** @typedef {import("./model/inspection.js").Inspection} Inspection */
/** @typedef {import("./model/inspection.js").Steering} Steering */
/** @typedef {import("./model/weights.js").ModelConfig} ModelConfig */

/**
 * @typedef {object} Options
 * @property {Engine} engine Which has loaded the model by its name.
 * @property {{name: string, model: ModelConfig & {num_steps: number}}} model
 * @property {Float32Array} image (c, h, w), pixels from 0 to 1.
 * @property {number} seed Of the noise.
 * @property {number | null} category Of the image, where the model tells them apart.
 * @property {number} step The one that is shown, from 0.
 * @property {(step: number) => void} onStep Is told when another step is shown.
 */

/**
 * Show the equations at work.
 *
 * @param {HTMLElement} container
 * @param {Options} options
 */
export function mountEquations(container, options) {
  let view = open(container, options);
  return {
    /**
     * Show something else; what is left out stays. Another image, seed or category begins without
     * a hand in it.
     *
     * @param {Partial<Options>} changes
     */
    update(changes) {
      const before = options;
      options = { ...before, ...changes };
      const { model, image, seed, category, step } = options;
      if (model.name !== before.model.name) {
        view.close();
        view = open(container, options);
        return;
      }
      if (image !== before.image || seed !== before.seed || category !== before.category) {
        view.draw(options);
      }
      if (step !== before.step) view.go(step);
    },
    /** Bring it into sight, and let it have the keys. */
    enter() {
      view.root.scrollIntoView();
      view.root.focus({ preventScroll: true });
    },
    destroy() {
      view.close();
    },
  };
}

/**
 * The view of one model.
 *
 * @param {HTMLElement} container
 * @param {Options} options
 */
function open(container, options) {
  const { engine, model, onStep } = options;
  const { model: config } = model;
  let { image, seed, category, step: at } = options;
  const { num_steps: numSteps, latent_size: latentSize } = config;
  const { read_grid: readGrid, write_grid: writeGrid } = config;
  /** @type {import("./equations/paint.js").Shape} */
  const shape = [config.channels, config.height, config.width];
  const words = wordsOf(config);

  /** @type {Map<number, Map<number, number>>} By step, and by latent. */
  const hands = new Map();
  /** @type {Steering} */
  const steering = { ...UNSTEERED };
  const chosen = [0, 0];
  /** @type {Inspection | null} */
  let alone = null;
  /** @type {Inspection | null} */
  let current = null;
  let asking = new AbortController();
  let running = false;
  let stale = false;

  const status = make("p", { class: "status", role: "status" }, "computing …");
  const error = panels.errorPanel(words.error, shape);
  const looking = panels.windowPanel(words.window, shape, readGrid);
  const glimpse = panels.glimpsePanel(words.glimpse, shape, readGrid);
  const patch = panels.patchPanel(words.patch, shape, writeGrid);
  const canvas = panels.canvasPanel(words.canvas, shape, writeGrid);
  const result = panels.resultPanel(words.result, shape);
  const latents = latentsPanel(words.latents, latentSize, {
    take,
    choose(latent) {
      if (!chosen.includes(latent)) [chosen[0], chosen[1]] = [latent, chosen[0]];
      show();
    },
  });
  const plane = makePlane(latentSize, chosen, { take, choose: show });
  const controls = makeWindowControls(steering, { step: () => at, changed });
  const reset = make("button", { type: "button" }, "Give it all back");
  reset.addEventListener("click", () => {
    letGo();
    changed();
  });

  const lit = { error, window: looking, glimpse, latents, patch, canvas };
  const root = make("section", {
    class: "equations",
    "aria-label": "The equations of a step",
    tabindex: -1,
  });
  const { timeline, destroy } = makeTransport(root, numSteps, (step, part) => {
    const moved = step !== at;
    at = step;
    light(part);
    show();
    if (moved) onStep(step);
  });
  const byHand = make(
    "section",
    { class: "panel hand", "aria-label": "By hand" },
    make("h3", {}, "Take two latents of this step by hand"),
    plane.root,
    reset,
  );
  const attention = make(
    "section",
    { class: "panel hand", "aria-label": "The reading window by hand" },
    make("h3", {}, "Steer the reading window"),
    controls.root,
  );
  root.append(
    timeline.root,
    make("div", { class: "row" }, error.root, looking.root, glimpse.root, latents.root),
    make("div", { class: "row" }, patch.root, canvas.root, result.root),
    make("div", { class: "row" }, byHand, ...(readGrid === null ? [] : [attention])),
  );
  timeline.root.append(status);
  container.append(root);

  let palette = paletteOf(root);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", recolour);
  timeline.go(at);
  compute();

  function recolour() {
    palette = paletteOf(root);
    show();
  }

  function letGo() {
    hands.clear();
    Object.assign(steering, UNSTEERED);
  }

  /** @type {import("./equations/latents.js").Take} */
  function take(latent, value) {
    const own = hands.get(at) ?? new Map();
    if (value === null) own.delete(latent);
    else own.set(latent, value);
    if (own.size) hands.set(at, own);
    else hands.delete(at);
    changed();
  }

  function changed() {
    controls.show();
    compute();
  }

  /** What is asked for while it computes is computed afterwards, once. */
  async function compute() {
    stale = true;
    if (running) return;
    running = true;
    while (stale) {
      stale = false;
      const { signal } = asking;
      try {
        const inspection = await engine.inspect(model.name, image, request(), { signal });
        if (!signal.aborted) accept(inspection);
      } catch (problem) {
        if (!signal.aborted) status.textContent = `${problem}`;
      }
    }
    running = false;
  }

  /** @param {Inspection} inspection */
  function accept(inspection) {
    current = inspection;
    if (!alone) {
      alone = inspection;
      chosen.splice(0, 2, ...dearest(inspection));
    }
    status.textContent = "";
    show();
  }

  function request() {
    const taken = [...hands].flatMap(([step, own]) =>
      [...own].map(([latent, value]) => ({ step, latent, value })),
    );
    const window = isUnsteered(steering) ? undefined : { ...steering };
    return { numSteps, seed, category, latents: taken, window };
  }

  function show() {
    if (!current || !alone) return;
    const step = current.steps[at];
    error.show(step, palette);
    looking.show(step, palette, image);
    glimpse.show(step, palette);
    latents.show(step, new Set(hands.get(at)?.keys()), chosen);
    patch.show(step, palette);
    canvas.show(step, palette);
    plane.show(step);
    controls.show();
    const untouched = !hands.size && isUnsteered(steering);
    result.show(alone, untouched ? null : current, palette);
    reset.disabled = untouched;
    timeline.rate(
      current.steps.map(({ rates }) => rates.reduce((sum, part) => sum + part, 0)),
      new Set(hands.keys()),
    );
  }

  /** @param {number | null} part Lit; what comes after it is not there yet. */
  function light(part) {
    root.dataset.part = part === null ? "" : PARTS[part].name;
    for (const [name, { root: own }] of Object.entries(lit)) {
      const first = PARTS.findIndex(({ panels: all }) => all.some((one) => one === name));
      const here = part !== null && PARTS[part].panels.some((one) => one === name);
      own.classList.toggle("lit", here);
      own.classList.toggle("ahead", part !== null && first > part);
      if (here && name === PARTS[part].panels[0]) own.scrollIntoView({ block: "nearest" });
    }
  }

  return {
    root,
    /** @param {number} step */
    go(step) {
      if (step === at) return;
      at = step; // so that it is not told back
      timeline.go(step);
    },
    /** @param {Options} others Another image, seed or category. */
    draw(others) {
      ({ image, seed, category } = others);
      letGo();
      alone = current = null;
      asking.abort();
      asking = new AbortController();
      compute();
    },
    close() {
      asking.abort();
      scheme.removeEventListener("change", recolour);
      destroy();
      root.remove();
    },
  };
}

/**
 * The two latents that cost most, over all steps; the one there is twice.
 *
 * @param {Inspection} inspection
 */
function dearest({ steps }) {
  const costs = [...steps[0].rates].map((_, z) => ({
    z,
    cost: steps.reduce((sum, { rates }) => sum + rates[z], 0),
  }));
  const [first, second = first] = costs.sort((a, b) => b.cost - a.cost);
  return [first.z, second.z];
}
