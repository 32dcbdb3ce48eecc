// The page: which view is shown, of which model.

import { get } from "./api.js";
import { showCard } from "./card.js";
import { DrawView } from "./draw.js";
import { DreamView } from "./dream.js";
import { FinishView } from "./finish.js";
import { MorphView } from "./morph.js";
import { change, reread, state } from "./state.js";
import { attempt, say } from "./status.js";

const VIEWS = { draw: DrawView, dream: DreamView, finish: FinishView, morph: MorphView };
const made = {};
const links = document.querySelectorAll("nav a");
const picker = document.getElementById("model");
let models = [];
let shown;

function model() {
  return models.find(({ name }) => name === state.model) ?? models[0];
}

async function show() {
  const current = model();
  const asked = Object.hasOwn(VIEWS, state.view) ? state.view : "draw";
  const name = current.draws ? asked : "dream";
  change({ view: name, model: current.name });
  picker.value = current.name;
  document.title = `limner · ${name} · ${current.name}`;
  for (const link of links) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.hidden = !current.draws && link.dataset.view !== "dream";
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== name;
  }
  if (shown && shown !== made[name]) shown.leave();
  made[name] ??= new VIEWS[name](document.getElementById(name));
  shown = made[name];
  say();
  await attempt(() => shown.enter(current));
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
  if (!(event.ctrlKey || event.metaKey) || event.key !== "z" || !shown?.touched) return;
  if (event.target.matches(":read-write")) return; // a field undoes what was typed into it
  event.preventDefault();
  shown.touched.undo();
});
document.getElementById("card-button").addEventListener("click", () =>
  attempt(async () => {
    // Anew, for test drawings have been measured meanwhile, and runs go on.
    ({ models } = await get("models"));
    showCard(model());
  }),
);

await attempt(async () => {
  ({ models } = await get("models"));
  picker.replaceChildren(...models.map(({ name }) => new Option(name, name)));
  await show();
});
