// @ts-check
// The latents of a step: posterior against prior, the value drawn, and what each costs. A value can
// be dragged, or moved by the keys.

import { make } from "../dom.js";
import { panel } from "./panels.js";

/** @typedef {import("./panels.js").Inspected} Inspected */
/** @typedef {import("./words.js").Words} Words */

/** @typedef {(latent: number, value: number | null) => void} Take A value; null gives it back. */

/** Values are shown, and can be chosen, from -MOST to MOST. */
export const MOST = 3;
const NAMED = 24; // with more latents there is no room for their numbers
const KEYS = new Map([
  ["ArrowUp", 0.1],
  ["ArrowDown", -0.1],
  ["PageUp", 1],
  ["PageDown", -1],
]);

/**
 * @param {Words} words
 * @param {number} count Latents of a step.
 * @param {object} told
 * @param {Take} told.take A value is chosen.
 * @param {(latent: number) => void} told.choose A latent is looked at.
 */
export function latentsPanel(words, count, { take, choose }) {
  const columns = Array.from({ length: count }, (_, latent) => column(latent, count <= NAMED));
  const chart = make(
    "div",
    { class: "latents", role: "group", "aria-label": "Latents" },
    make("div", { class: "axis", "aria-hidden": "true" }, ...[2, 0, -2].map(tick)),
    ...columns.map(({ root }) => root),
  );
  const total = make("span", { class: "total" });
  const root = panel("latents-panel", words, chart);
  chart.append(total);
  /** @type {number[]} */
  let values = [];
  columns.forEach(({ dot }, latent) => {
    dot.addEventListener("focus", () => choose(latent));
    dot.addEventListener("keydown", (event) => {
      const by = KEYS.get(event.key);
      const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by !== undefined) take(latent, cut(values[latent] + by));
      else if (turn) columns[(latent + turn + count) % count].dot.focus();
      else if (event.key === "Delete" || event.key === "Backspace") take(latent, null);
      else return;
      event.preventDefault();
    });
  });
  dragged(chart, columns, take);
  return {
    root,
    /** @param {Inspected} step @param {Set<number>} taken By hand. @param {number[]} chosen */
    show({ posterior, prior, latent, rates }, taken, chosen) {
      if (!posterior) return;
      values = [...latent];
      const rate = rates.reduce((sum, part) => sum + part, 0);
      const most = Math.max(...rates, 1e-6);
      columns.forEach((own, z) => {
        own.band(prior.mean[z], Math.exp(prior.logStd[z]));
        own.bar(posterior.mean[z], Math.exp(posterior.logStd[z]));
        own.value(latent[z], taken.has(z), rate > 0 ? rates[z] / rate : 0);
        own.cost(rates[z] / most);
        own.root.classList.toggle("chosen", chosen.includes(z));
        own.dot.tabIndex = z === chosen[0] ? 0 : -1;
      });
      total.textContent = `${rate.toFixed(1)} nats`;
    },
  };
}

/** @param {number} value */
function tick(value) {
  const mark = make("span", {}, `${value}`.replace("-", "−"));
  mark.style.top = `${percentOf(value)}%`;
  return mark;
}

/**
 * One latent.
 *
 * @param {number} latent
 * @param {boolean} named
 */
function column(latent, named) {
  const band = make("span", { class: "band" });
  const bar = make("span", { class: "bar" });
  const mean = make("span", { class: "mean" });
  const dot = make("span", {
    class: "value",
    role: "slider",
    "aria-orientation": "vertical",
    "aria-label": `Latent ${latent + 1}`,
    "aria-valuemin": -MOST,
    "aria-valuemax": MOST,
  });
  const share = make("span", { class: "share" });
  const scale = make("div", { class: "scale" }, band, bar, mean, dot);
  const name = make("span", { class: "name", "aria-hidden": "true" }, named ? `${latent + 1}` : "");
  const costs = make("div", { class: "costs" }, share);
  const root = make("div", { class: "latent" }, scale, costs, name);
  let posterior = "";
  /** @type {(element: HTMLElement, centre: number, std: number) => void} */
  const span = (element, centre, std) => {
    const [top, bottom] = [percentOf(centre + std), percentOf(centre - std)];
    element.style.top = `${top}%`;
    element.style.height = `${bottom - top}%`;
  };
  return {
    root,
    scale,
    dot,
    /** @type {(centre: number, std: number) => void} */
    band: (centre, std) => span(band, centre, std),
    /** @type {(centre: number, std: number) => void} */
    bar(centre, std) {
      span(bar, centre, std);
      mean.style.top = `${percentOf(centre)}%`;
      posterior = `posterior ${centre.toFixed(2)} plus or minus ${std.toFixed(2)}`;
    },
    /** @type {(value: number, taken: boolean, part: number) => void} */
    value(value, taken, part) {
      dot.style.top = `${percentOf(value)}%`;
      dot.classList.toggle("taken", taken);
      dot.setAttribute("aria-valuenow", value.toFixed(2));
      const costs = `${Math.round(100 * part)} % of the rate of this step`;
      const by = taken ? "by hand, " : "";
      dot.setAttribute("aria-valuetext", `${value.toFixed(2)}, ${by}${posterior}, ${costs}`);
    },
    /** @param {number} height */
    cost(height) {
      share.style.height = `${100 * height}%`;
    },
  };
}

/**
 * Lets a pointer choose a latent, and move its value once it is dragged.
 *
 * @param {HTMLElement} chart
 * @param {ReturnType<typeof column>[]} columns
 * @param {Take} take
 */
function dragged(chart, columns, take) {
  let [latent, from] = [-1, 0];
  chart.addEventListener("pointerdown", (event) => {
    latent = columns.findIndex(({ root }) => event.clientX <= root.getBoundingClientRect().right);
    if (latent < 0) return;
    from = event.clientY;
    event.preventDefault();
    chart.setPointerCapture(event.pointerId);
    columns[latent].dot.focus();
  });
  chart.addEventListener("pointermove", ({ pointerId, clientY }) => {
    if (!chart.hasPointerCapture(pointerId) || Math.abs(clientY - from) < 3) return;
    from = Infinity; // it is being dragged: small moves count from here on
    const { top, height } = columns[latent].scale.getBoundingClientRect();
    take(latent, cut(MOST - (2 * MOST * (clientY - top)) / height));
  });
}

/** @param {number} value From the top, cut to what is shown. */
function percentOf(value) {
  return (100 * (MOST - cut(value))) / (2 * MOST);
}

/** @param {number} value */
export function cut(value) {
  return Math.min(Math.max(value, -MOST), MOST);
}
