// @ts-check
// The page's address: which view of which model is shown, with what settings.

/**
 * @typedef {object} State
 * @property {string} view
 * @property {string} model
 * @property {string} category Empty where none is chosen.
 * @property {number} seed
 * @property {number} temperature
 * @property {number} steps 0 for those of training.
 * @property {string} beside The model that draws the same beside it in Draw; empty for none.
 * @property {boolean} ink Whether drawings are shown as ink, not as probabilities.
 * @property {boolean} embed Whether another page shows this one in a frame.
 * @property {boolean} equations Whether Draw shows its step's equations.
 */

/** @type {State} */
const DEFAULTS = {
  view: "draw",
  model: "",
  category: "",
  seed: 0,
  temperature: 1,
  steps: 0,
  beside: "",
  ink: false,
  embed: false,
  equations: false,
};

/** @type {Record<"seed" | "temperature" | "steps", {most: number, whole: boolean, is: string}>} */
const NUMBERS = {
  seed: { most: 2 ** 32 - 1, whole: true, is: "A seed is a whole number from 0 to 4,294,967,295" },
  temperature: { most: 2, whole: false, is: "A temperature is a number from 0 to 2" },
  steps: { most: 1000, whole: true, is: "A number of steps is a whole number up to 1,000" },
};

/** @type {State} */
export const state = { ...DEFAULTS };

/** What the address asks for and cannot have, a sentence each. */
export const complaints = reread();

/**
 * Change some of it.
 *
 * @param {Partial<State>} parts
 * @param {{push?: boolean}} [options] Whether it becomes an address to come back to.
 */
export function change(parts, { push = false } = {}) {
  Object.assign(state, parts);
  history[push ? "pushState" : "replaceState"](null, "", `?${query()}`);
}

/** @returns {string} The settings as the address holds them. */
export function query() {
  const { view, model, category, seed, temperature, steps, beside, ink, embed, equations } = state;
  return new URLSearchParams({
    view,
    model,
    ...(category ? { category } : {}),
    seed: String(seed),
    temperature: String(temperature),
    ...(steps ? { steps: String(steps) } : {}),
    ...(beside ? { beside } : {}),
    ...(ink ? { ink: "" } : {}),
    ...(equations ? { equations: "" } : {}),
    ...(embed ? { embed: "" } : {}),
  }).toString();
}

/**
 * Read the address anew.
 *
 * @returns {string[]} What it asks for and cannot have.
 */
export function reread() {
  const asked = new URLSearchParams(location.search);
  const wrong = [];
  Object.assign(state, DEFAULTS, {
    ink: asked.has("ink"),
    embed: asked.has("embed"),
    equations: asked.has("equations"),
  });
  for (const name of /** @type {const} */ (["view", "model", "category", "beside"])) {
    state[name] = asked.get(name) ?? DEFAULTS[name];
  }
  for (const name of /** @type {const} */ (["seed", "temperature", "steps"])) {
    const given = asked.get(name);
    if (given === null) continue;
    if (fault(name, given)) wrong.push(`${fault(name, given)}: the address says “${given}”.`);
    else state[name] = Number(given);
  }
  return wrong;
}

/**
 * Why a setting cannot be what somebody typed.
 *
 * @param {string} name
 * @param {string} given
 * @returns {string} Empty if it can.
 */
export function fault(name, given) {
  const { most, whole, is } = NUMBERS[/** @type {keyof typeof NUMBERS} */ (name)];
  const value = given.trim() === "" ? NaN : Number(given);
  const fits = value >= 0 && value <= most && (!whole || Number.isInteger(value));
  return fits ? "" : is;
}

/** @returns {number} A seed that nobody chose. */
export function anySeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
