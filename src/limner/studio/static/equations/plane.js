// @ts-check
// Two latents as a plane: the prior's rings, the posterior's ellipse, and a dot to drag.

import { make, makeSvg, setAttributes } from "../dom.js";
import { cut, MOST } from "./latents.js";

/** @typedef {import("./panels.js").Inspected} Inspected */
/** @typedef {import("./latents.js").Take} Take */

/**
 * @param {number} count Latents of a step.
 * @param {number[]} chosen The two; they are changed here.
 * @param {object} told
 * @param {Take} told.take A value is chosen.
 * @param {() => void} told.choose Other latents are chosen.
 */
export function makePlane(count, chosen, { take, choose }) {
  const rings = [1, 2].map(() => makeSvg("ellipse", { class: "ring" }));
  const cloud = makeSvg("ellipse", { class: "cloud" });
  const dot = makeSvg("circle", { class: "value", r: 0.28 });
  const lines = [
    makeSvg("path", { class: "axes", d: `M${-MOST} 0H${MOST}M0 ${-MOST}V${MOST}` }),
    ...rings,
    cloud,
    dot,
  ];
  const box = [-MOST, -MOST, 2 * MOST, 2 * MOST].join(" ");
  const plane = makeSvg("svg", { class: "plane", viewBox: box, role: "img" }, ...lines);
  const pickers = ["across", "up"].map((direction, axis) => {
    const select = make("select", { "aria-label": `Latent ${direction}` });
    for (let z = 0; z < count; z += 1) select.append(new Option(`${z + 1}`, `${z}`));
    const range = make("input", { type: "range", min: -MOST, max: MOST, step: 0.05 });
    const output = make("output");
    select.addEventListener("change", () => {
      chosen[axis] = Number(select.value);
      choose();
    });
    range.addEventListener("input", () => take(chosen[axis], range.valueAsNumber));
    const name = make("span", {}, "latent ", select, ` ${direction}`);
    return { root: make("div", { class: "slider" }, name, output, range), select, range, output };
  });
  const drag = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    const { left, top, width, height } = plane.getBoundingClientRect();
    take(chosen[0], cut(MOST * ((2 * (clientX - left)) / width - 1)));
    take(chosen[1], cut(MOST * (1 - (2 * (clientY - top)) / height)));
  };
  plane.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    plane.setPointerCapture(event.pointerId);
    drag(event);
  });
  plane.addEventListener("pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) drag(event);
  });
  const sliders = make("div", { class: "sliders" }, ...pickers.map(({ root }) => root));
  return {
    root: make("div", { class: "plane-and-sliders" }, plane, sliders),
    /** @param {Inspected} step */
    show({ posterior, prior, latent }) {
      if (!posterior) return;
      const [across, up] = chosen;
      rings.forEach((ring, index) => place(ring, prior, across, up, index + 1));
      place(cloud, posterior, across, up, 1);
      setAttributes(dot, { cx: cut(latent[across]), cy: -cut(latent[up]) });
      const values = chosen.map((z) => latent[z].toFixed(2));
      plane.setAttribute(
        "aria-label",
        `Latent ${across + 1} at ${values[0]}, latent ${up + 1} at ${values[1]}`,
      );
      pickers.forEach(({ select, range, output }, axis) => {
        select.value = `${chosen[axis]}`;
        range.value = `${latent[chosen[axis]]}`;
        range.setAttribute("aria-label", `Value of latent ${chosen[axis] + 1}`);
        output.textContent = values[axis].replace("-", "−");
      });
    },
  };
}

/**
 * An ellipse of so many standard deviations.
 *
 * @param {SVGEllipseElement} ellipse
 * @param {{mean: Float32Array, logStd: Float32Array}} gaussian
 * @param {number} across
 * @param {number} up
 * @param {number} times
 */
function place(ellipse, { mean, logStd }, across, up, times) {
  setAttributes(ellipse, {
    cx: mean[across],
    cy: -mean[up],
    rx: times * Math.exp(logStd[across]),
    ry: times * Math.exp(logStd[up]),
  });
}
