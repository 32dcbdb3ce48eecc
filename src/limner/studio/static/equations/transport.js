// @ts-check
// A timeline of steps and their parts, for which all of a view takes keys.

import { make } from "../dom.js";
import { iconButton } from "../icons.js";
import { Player } from "../player.js";
import { Timeline } from "../timeline.js";
import { PARTS } from "./words.js";

/** @type {Record<string, import("../timeline.js").Pace>} */
const PACES = {
  "part by part": { seconds: 1.8, byParts: true },
  "step by step": { seconds: 1.2, byParts: false },
  quickly: { seconds: 0.16, byParts: false },
};

/**
 * @param {HTMLElement} view What the keys are for, and what fills the screen.
 * @param {number} count Steps.
 * @param {(step: number, part: number | null) => void} shown Both from 0; no part is all of them.
 */
export function makeTransport(view, count, shown) {
  const root = make("div", { class: "transport" });
  const player = new Player(PARTS.length);
  player.resize(count);
  player.grow(count);
  const pace = make("select", { "aria-label": "Pace of playing" });
  pace.append(...Object.keys(PACES).map((words) => new Option(words)));
  const timeline = new Timeline(root, show, player, () => PACES[pace.value]);
  pace.addEventListener("change", () => timeline.run());
  const parts = PARTS.map(({ name }, index) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      timeline.go(player.at, player.part === index ? null : index);
    });
    return button;
  });
  timeline.back.before(iconButton("first", "First step", () => timeline.go(0)));
  timeline.forward.after(iconButton("last", "Last step", () => timeline.go(count - 1)));
  timeline.more.replaceWith(
    make("div", { class: "parts", role: "group", "aria-label": "Parts of a step" }, ...parts),
    pace,
    timeline.whole,
  );
  document.addEventListener("keydown", pressed);

  /** @param {number} step @param {number | null} part */
  function show(step, part) {
    parts.forEach((own, index) => {
      if (index === part) own.setAttribute("aria-current", "step");
      else own.removeAttribute("aria-current");
    });
    shown(step, part);
  }

  function inSight() {
    const { top, bottom } = view.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key, shiftKey, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(target instanceof HTMLElement)) return;
    if (!view.contains(target) && !(target === document.body && inSight())) return;
    if (target !== timeline.range && target.matches("input, select, [role=slider]")) return;
    if (key === " " && target.matches("button")) return;
    const act = {
      ArrowRight: () => (shiftKey ? timeline.turn(1) : timeline.go(player.at + 1)),
      ArrowLeft: () => (shiftKey ? timeline.turn(-1) : timeline.go(player.at - 1)),
      Home: () => timeline.go(0),
      End: () => timeline.go(count - 1),
      " ": () => timeline.playOrPause(),
    }[key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  return {
    timeline,
    destroy() {
      timeline.pause();
      document.removeEventListener("keydown", pressed);
    },
  };
}
