// @ts-check
// What the page says of drawings: captions, comparisons in plain words, and what is in an image.

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/attention.js").Shape} Shape */

/** @typedef {"samples" | "reconstructions" | "completions" | "interpolation"} Kind */

/** @type {Record<Kind, string>} The first words of a caption, which tell alike drawings apart. */
const MEANING = {
  samples: "Samples from the prior",
  reconstructions: "Reconstruction from the posterior",
  completions: "Completions of a begun drawing",
  interpolation: "Interpolation between two drawings",
};

/**
 * @typedef {object} Settings
 * @property {number} numSteps T.
 * @property {string} category Empty where none is chosen.
 * @property {number} [seed]
 * @property {number} [temperature]
 * @property {number} [factor] On logits, of what is shown; 1 for probabilities.
 */

/**
 * What a figure shows, and what drew it with what settings.
 *
 * @param {Kind} kind
 * @param {Pick<Model, "name" | "protocol">} model
 * @param {Settings} settings
 */
export function caption(kind, { name, protocol }, { numSteps, category, seed, temperature, factor = 1 }) {
  const shown = factor === 1 ? "" : `as ink, logits × ${factor} · `;
  const parts = [
    category ? `${name} (${category})` : name,
    `T = ${numSteps}`,
    seed === undefined ? "" : `seed ${seed}`,
    temperature === undefined ? "" : `temperature ${temperature}`,
    protocol === "honest" ? "" : "new noise at every step",
  ];
  return `${MEANING[kind]} · ${shown}${parts.filter(Boolean).join(", ")}`;
}

/**
 * How a drawing compares with those that people drew, in a sentence.
 *
 * @param {number} bound Of the drawing, nats.
 * @param {Model} model
 * @param {string} category What it is taken for; empty where none is chosen.
 * @returns {string} Empty where it is not known how test drawings do.
 */
export function comparison(bound, { quantiles, categories }, category) {
  const known = category ? [category] : categories;
  const own = Array.isArray(quantiles) ? quantiles : quantiles?.[category];
  if (!own?.length) return "";
  const closer = own.filter((quantile) => quantile > bound).length / own.length;
  const them = known.length ? sequence(known.map(plural)) : "test drawings";
  const only = known.length
    ? category
      ? `: it takes this for ${article(category)}`
      : `: this model knows only ${them}`
    : "";
  if (closer === 0) return `Less close than for any of the ${them} it was tested on${only}.`;
  if (closer < 0.05) return `Less close than for nearly all ${them}${only}.`;
  if (closer > 0.95) return `Closer than for nearly all ${them} that it was tested on.`;
  const tenths = Math.min(Math.max(Math.round(10 * closer), 1), 9);
  return tenths <= 2
    ? `Closer than for only ${tenths} in 10 ${them}${only}.`
    : `Closer than for ${tenths} in 10 ${them}.`;
}

/**
 * What settings do that somebody may wonder at.
 *
 * @param {{temperature: number, steps: number, trained: number}} settings
 * @returns {string}
 */
export function warning({ temperature, steps, trained }) {
  const parts = [];
  if (temperature === 0) {
    parts.push("At temperature 0 there is no chance left: all drawings of one kind are equal.");
  } else if (temperature > 1) {
    parts.push("Above temperature 1 it strays from what it has learned.");
  }
  if (steps > trained) {
    parts.push(
      `It learned to draw in ${trained} steps: with ${steps} it writes on over what is finished, ` +
        "and tears it.",
    );
  } else if (steps < trained) {
    parts.push(`It learned to draw in ${trained} steps: after ${steps} it is not done.`);
  }
  return parts.join(" ");
}

/**
 * What is in an image, for those who do not see it.
 *
 * @param {Uint8ClampedArray} levels
 * @param {Shape} shape
 */
export function describe(levels, [, height, width]) {
  let [ink, x, y] = [0, 0, 0];
  for (let pixel = 0; pixel < height * width; pixel += 1) {
    ink += levels[pixel];
    x += levels[pixel] * (pixel % width);
    y += levels[pixel] * Math.floor(pixel / width);
  }
  const share = Math.round((100 * ink) / (255 * height * width));
  if (!share) return "nothing but paper";
  const across = third(x / ink / (width - 1 || 1), "left", "right");
  const down = third(y / ink / (height - 1 || 1), "top", "bottom");
  const where = [down, across].filter(Boolean).join(" ") || "middle";
  return `ink on ${share} % of it, about the ${where}`;
}

/**
 * @param {Model} model
 * @param {number} part Of it that is here.
 */
export function loading({ name, bytes }, part) {
  const size = (bytes / 1e6).toFixed(1);
  return `Loading ${name}: ${Math.round(100 * part)} % of ${size} MB`;
}

/** @param {string} noun With its article. */
export function article(noun) {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** @param {string} noun */
function plural(noun) {
  if (/(s|sheep|fish)$/.test(noun)) return noun;
  if (/(x|z|ch|sh)$/.test(noun)) return `${noun}es`;
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return `${noun}s`;
}

/** @param {string[]} items As in "cats, dogs and mice". */
function sequence(items) {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/**
 * @param {number} part
 * @param {string} low
 * @param {string} high
 */
function third(part, low, high) {
  if (part < 0.4) return low;
  return part > 0.6 ? high : "";
}
