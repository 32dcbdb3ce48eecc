// The page: which view is shown, of which model.

import { get } from "./api.js";
import { DrawView } from "./draw.js";
import { DreamView } from "./dream.js";
import { FinishView } from "./finish.js";
import { MorphView } from "./morph.js";
import { change, reread, state } from "./state.js";
import { say } from "./status.js";

const VIEWS = { draw: DrawView, dream: DreamView, finish: FinishView, morph: MorphView };
const made = {};
const links = document.querySelectorAll("nav a");
const picker = document.getElementById("model");
const card = document.getElementById("card");
let models = [];
let shown;

function model() {
  return models.find(({ name }) => name === state.model) ?? models[0];
}

async function show() {
  const current = model();
  let name = state.view in VIEWS ? state.view : "draw";
  if (!current.draws) name = "dream";
  change({ view: name, model: current.name });
  picker.value = current.name;
  document.title = `limner · ${name} · ${current.name}`;
  for (const link of links) {
    const here = link.dataset.view === name;
    link.toggleAttribute("aria-current", here);
    if (here) link.setAttribute("aria-current", "page");
    link.hidden = !current.draws && link.dataset.view !== "dream";
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== name;
  }
  if (shown && shown !== made[name]) shown.leave();
  made[name] ??= new VIEWS[name](document.getElementById(name));
  shown = made[name];
  say();
  try {
    await shown.enter(current);
  } catch (error) {
    say(error.message);
  }
}

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    change({ view: link.dataset.view }, { push: true });
    show();
  });
}
addEventListener("popstate", () => {
  reread();
  show();
});
picker.addEventListener("change", () => {
  change({ model: picker.value, steps: 0 });
  show();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && shown?.touched) {
    event.preventDefault();
    shown.touched.undo();
  }
});
document.getElementById("card-button").addEventListener("click", async () => {
  ({ models } = await get("models"));
  fillCard(model());
  card.showModal();
});
card.addEventListener("click", (event) => {
  if (event.target === card) card.close();
});

function fillCard(of) {
  const number = (value) => value.toLocaleString("en");
  const nats = (value) => `${value.toFixed(1)} nats`;
  const grid = (size) => (size ? `${size} × ${size} filters` : "the whole picture");
  const subject = of.categories.length ? of.categories.join(", ") : "all categories";
  document.getElementById("card-title").textContent = of.name;
  document.getElementById("card-words").textContent =
    `DRAW, trained on ${of.data}: ${subject}.` +
    (of.data === "quickdraw" ? " Drawings by players of Quick, Draw! (Google, CC BY 4.0)." : "");
  const facts = {
    weights: number(of.weights),
    picture: of.shape.slice(1).join(" × ") + (of.shape[0] === 1 ? ", ink" : ", colour"),
    "steps, T": of.num_steps,
    "latents a step, Z": of.latent_size,
    "LSTM units": of.hidden_size,
    reads: grid(of.read_grid),
    writes: grid(of.write_grid),
    targets: of.binarisation,
    noise: of.protocol,
    training: `${number(of.iterations)} iterations of ${of.batch_size}`,
  };
  if (of.validation_distortion !== null) {
    facts["distortion, validation"] = nats(of.validation_distortion);
    facts["rate, validation"] = nats(of.validation_rate);
  }
  if (of.test_drawings) facts["test drawings compared"] = number(of.test_drawings);
  const rows = Object.entries(facts).map(([name, value]) => {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = name;
    detail.textContent = value;
    row.append(term, detail);
    return row;
  });
  document.getElementById("card-facts").replaceChildren(...rows);
}

try {
  ({ models } = await get("models"));
  picker.replaceChildren(...models.map(({ name }) => new Option(name, name)));
  await show();
} catch (error) {
  say(error.message);
}
