// What the page's address says: the view, the model, and the settings of dreams.

const DEFAULTS = { view: "draw", model: "", seed: 0, temperature: 1, steps: 0 };
const NUMBERS = { seed: [0, 2 ** 32 - 1], temperature: [0, 2], steps: [0, 1000] };

export const state = read();

/** Change some of it; `push` makes it a place to come back to. */
export function change(parts, { push = false } = {}) {
  Object.assign(state, parts);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    // A dream is known by all its settings, defaults among them.
    if (name === "view" || state.view === "dream" || value !== DEFAULTS[name]) query.set(name, value);
  }
  history[push ? "pushState" : "replaceState"](null, "", `?${query}`);
}

/** Read it anew, after the address changed. */
export function reread() {
  Object.assign(state, read());
}

function read() {
  const query = new URLSearchParams(location.search);
  const found = { ...DEFAULTS };
  for (const name of ["view", "model"]) found[name] = query.get(name) ?? found[name];
  for (const [name, [low, high]] of Object.entries(NUMBERS)) {
    const value = Number(query.get(name) ?? NaN);
    if (value >= low && value <= high) found[name] = name === "temperature" ? value : Math.floor(value);
  }
  return found;
}

export function anySeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
