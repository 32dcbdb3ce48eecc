// @ts-check
// The page: which view is shown, of which model.

import { showCard } from "./card.js";
import { element, elements, select } from "./dom.js";
import { DrawView } from "./draw.js";
import { DreamView } from "./dream.js";
import { FinishView } from "./finish.js";
import { Library } from "./library.js";
import { MorphView } from "./morph.js";
import { change, complaints, reread, state } from "./state.js";
import { attempt, doing, say } from "./status.js";

/** @typedef {import("./library.js").Model} Model */
/** @typedef {import("./model/strokes.js").Stroke} Stroke */
/** @typedef {import("./view.js").View} View */

const VIEWS = { draw: DrawView, dream: DreamView, finish: FinishView, morph: MorphView };

/** @typedef {keyof typeof VIEWS} ViewName */

class App {
  /** @type {Partial<Record<ViewName, View>>} */
  made = {};
  /** @type {View | null} */
  shown = null;
  links = elements(document, "nav a");
  models = select(document, "#model");
  categories = select(document, "#category");
  besides = select(document, "#beside");
  inks = select(document, "#ink");

  /** @param {Library} library */
  constructor(library) {
    this.library = library;
    this.models.replaceChildren(...library.models.map(({ name }) => new Option(name, name)));
    for (const link of this.links) {
      link.addEventListener("click", (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        change({ view: link.dataset.view }, { push: true });
        this.show();
      });
    }
    this.models.addEventListener("change", () => {
      const model = this.models.value;
      // Whoever was beside it changes places with it.
      const beside = state.beside === model ? this.model.name : state.beside;
      change({ model, beside, category: "", steps: 0 });
      this.show();
    });
    this.categories.addEventListener("change", () => {
      change({ category: this.categories.value });
      this.show();
    });
    this.besides.addEventListener("change", () => {
      change({ beside: this.besides.value }, { push: true });
      this.show();
    });
    this.inks.addEventListener("change", () => {
      change({ ink: Boolean(this.inks.value) });
      this.show();
    });
    element(document, "#card-button").addEventListener("click", () => showCard(this.model));
    addEventListener("popstate", () => this.show(reread()));
    addEventListener("keydown", (event) => this.undo(event));
  }

  get model() {
    return this.library.named(state.model) ?? this.library.models[0];
  }

  /**
   * Show what the address says.
   *
   * @param {string[]} [wrong] What it asks for and cannot have.
   * @param {Stroke[] | null} [arriving] A drawing that the view is to go on with.
   */
  async show(wrong = [], arriving = null) {
    const { model } = this;
    const complaints = [...wrong, ...settle(model, this.library)];
    const name = /** @type {ViewName} */ (state.view);
    document.documentElement.classList.toggle("embed", state.embed);
    document.title = `limner · ${name} · ${model.name}`;
    this.models.value = model.name;
    this.offerCategories(model);
    this.offerBeside(model);
    this.offerInk(model);
    for (const link of this.links) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      link.hidden = !model.draws && link.dataset.view !== "dream";
    }
    for (const section of elements(document, "main > section"))
      section.hidden = section.id !== name;
    if (this.shown !== this.view(name)) this.shown?.leave();
    this.shown = this.view(name);
    say();
    doing();
    const { shown } = this;
    await attempt(() => shown.enter(model, arriving));
    if (complaints.length) say(complaints.join(" "));
  }

  /** @param {ViewName} name @returns {View} */
  view(name) {
    const surroundings = { library: this.library, send: this.send.bind(this) };
    this.made[name] ??= new VIEWS[name](element(document, `#${name}`), surroundings);
    return this.made[name];
  }

  /**
   * Open a view with a drawing.
   *
   * @param {string} name
   * @param {Stroke[]} strokes
   */
  send(name, strokes) {
    if (!strokes.length) {
      say("There is no line in it to go on with.");
      return;
    }
    change({ view: name }, { push: true });
    this.show([], strokes);
  }

  /** @param {Model} model */
  offerCategories({ conditional, categories }) {
    const label = /** @type {HTMLElement} */ (this.categories.closest("label"));
    label.hidden = !conditional;
    if (!conditional) return;
    const any = state.view === "dream" ? [new Option("any", "")] : [];
    this.categories.replaceChildren(...any, ...categories.map((name) => new Option(name, name)));
    this.categories.value = state.category;
  }

  /** @param {Model} model */
  offerBeside(model) {
    const others = this.library.models.filter((other) => other !== model && other.draws);
    const label = /** @type {HTMLElement} */ (this.besides.closest("label"));
    label.hidden = !others.length;
    const options = others.map(({ name }) => new Option(name, name));
    this.besides.replaceChildren(new Option("nobody", ""), ...options);
    this.besides.value = state.beside;
  }

  /** @param {Model} model */
  offerInk(model) {
    const label = /** @type {HTMLElement} */ (this.inks.closest("label"));
    label.hidden = !model.ink && !this.library.named(state.beside)?.ink;
    this.inks.value = state.ink ? "ink" : "";
  }

  /** @param {KeyboardEvent} event */
  undo(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
    const { target } = event;
    // A field undoes what was typed into it.
    if (target instanceof HTMLElement && target.matches(":read-write")) return;
    if (!this.shown?.touched) return;
    event.preventDefault();
    this.shown.touched.undo();
  }
}

/**
 * Bring the address to what there is.
 *
 * @param {Model} model
 * @param {Library} library
 * @returns {string[]} What it asks for and cannot have.
 */
function settle(model, library) {
  const wrong = [];
  let { view, category, beside, ink } = state;
  if (state.model && state.model !== model.name) {
    wrong.push(`There is no model “${state.model}” here: this is ${model.name}.`);
  }
  if (!Object.hasOwn(VIEWS, view)) {
    wrong.push(`There is no view “${view}”.`);
    view = "draw";
  }
  if (!model.draws) view = "dream";
  if (category && !(model.conditional && model.categories.includes(category))) {
    wrong.push(`${model.name} cannot be told to draw “${category}”.`);
    category = "";
  }
  if (model.conditional && !category && view !== "dream") [category] = model.categories;
  const second = library.named(beside);
  if (beside && (second === model || !second?.draws)) {
    wrong.push(`“${beside}” cannot draw beside ${model.name}.`);
    beside = "";
  }
  if (ink && !model.ink && !second?.ink) {
    wrong.push(`${model.name} shows probabilities: its card does not say how to make ink of them.`);
    ink = false;
  }
  change({ view, category, beside, ink, model: model.name });
  return wrong;
}

await attempt(async () => {
  const app = new App(await Library.open());
  await app.show(complaints);
});
