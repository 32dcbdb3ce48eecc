// @ts-check
// Which step is shown, and which of its parts: by buttons, by keys, by the bars, or played.

import { make } from "../dom.js";
import { iconButton, setIcon } from "../icons.js";
import { PARTS } from "./words.js";

/** Milliseconds, and whether they are those of a part. */
const PACES = {
  parts: { words: "part by part", wait: 1800, parts: true },
  slow: { words: "step by step", wait: 1200, parts: false },
  quick: { words: "quickly", wait: 160, parts: false },
};

/**
 * @param {HTMLElement} view What the keys are for, and what fills the screen.
 * @param {number} count Steps.
 * @param {(step: number, part: number | null) => void} shown Both from 0; no part is all of them.
 */
export function makeTransport(view, count, shown) {
  let step = 0;
  /** @type {number | null} */
  let part = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const play = iconButton("play", "Play", toggle);
  const bars = Array.from({ length: count }, () => make("span"));
  const range = make("input", { type: "range", min: 1, max: count, "aria-label": "Step" });
  const output = make("output");
  const pace = make("select", { "aria-label": "Pace of playing" });
  for (const [name, { words }] of Object.entries(PACES)) pace.append(new Option(words, name));
  const parts = PARTS.map(({ name }, index) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      pause();
      go(step, part === index ? null : index);
    });
    return button;
  });
  const track = make("div", { class: "bars" }, ...bars, range);
  const screen = iconButton("screen", "Fill the screen", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else view.requestFullscreen();
    view.focus({ preventScroll: true }); // so that the space bar plays
  });

  range.addEventListener("input", () => jump(range.valueAsNumber - 1));
  const scrub = (/** @type {PointerEvent} */ { clientX }) => {
    const { left, width } = track.getBoundingClientRect();
    jump(Math.floor((count * (clientX - left)) / width));
  };
  track.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    track.setPointerCapture(event.pointerId);
    range.focus();
    scrub(event);
  });
  track.addEventListener("pointermove", (event) => {
    if (track.hasPointerCapture(event.pointerId)) scrub(event);
  });
  document.addEventListener("keydown", pressed);

  /** @param {number} to @param {number | null} [lit] */
  function go(to, lit = null) {
    step = Math.min(Math.max(to, 0), count - 1);
    part = lit;
    range.value = `${step + 1}`;
    output.textContent = `step ${step + 1} of ${count}`;
    bars.forEach((bar, index) => bar.classList.toggle("now", index === step));
    parts.forEach((own, index) => {
      if (index === part) own.setAttribute("aria-current", "step");
      else own.removeAttribute("aria-current");
    });
    shown(step, part);
  }

  /** @param {number} to */
  function jump(to) {
    pause();
    go(to);
  }

  /** @param {1 | -1} by Parts; from the last on to the next step. */
  function turn(by) {
    const next = (part ?? (by > 0 ? -1 : PARTS.length)) + by;
    if (next >= 0 && next < PARTS.length) go(step, next);
    else if (step + by >= 0 && step + by < count) go(step + by, by > 0 ? 0 : PARTS.length - 1);
    else go(step);
  }

  function toggle() {
    if (timer !== undefined) {
      pause();
      return;
    }
    const inParts = PACES[paceName()].parts;
    if (step === count - 1 && (part === null || !inParts)) go(0, inParts ? 0 : null);
    else if (inParts && part === null) go(step, 0);
    setIcon(play, "pause", "Pause");
    wait();
  }

  function wait() {
    timer = setTimeout(() => {
      if (PACES[paceName()].parts) turn(1);
      else go(step + 1);
      const done = step === count - 1 && (part === null || !PACES[paceName()].parts);
      if (done) pause();
      else wait();
    }, PACES[paceName()].wait);
  }

  function pause() {
    clearTimeout(timer);
    timer = undefined;
    setIcon(play, "play", "Play");
  }

  function inSight() {
    const { top, bottom } = view.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }

  function paceName() {
    return /** @type {keyof typeof PACES} */ (pace.value);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key, shiftKey, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(target instanceof HTMLElement)) return;
    if (!view.contains(target) && !(target === document.body && inSight())) return;
    if (target !== range && target.matches("input, select, [role=slider]")) return;
    if (key === " " && target.matches("button")) return;
    const act = {
      ArrowRight: () => (shiftKey ? turn(1) : go(step + 1)),
      ArrowLeft: () => (shiftKey ? turn(-1) : go(step - 1)),
      Home: () => go(0),
      End: () => go(count - 1),
      " ": toggle,
    }[key];
    if (!act) return;
    event.preventDefault();
    if (key !== " ") pause();
    act();
  }

  return {
    root: make(
      "div",
      { class: "transport" },
      make(
        "div",
        { class: "buttons" },
        iconButton("first", "First step", () => jump(0)),
        iconButton("back", "One step back", () => jump(step - 1)),
        play,
        iconButton("forward", "One step on", () => jump(step + 1)),
        iconButton("last", "Last step", () => jump(count - 1)),
      ),
      track,
      output,
      make("div", { class: "parts", role: "group", "aria-label": "Parts of a step" }, ...parts),
      pace,
      screen,
    ),
    go,
    /**
     * What each step costs, and in which something is taken by hand.
     *
     * @param {number[]} rates
     * @param {Set<number>} taken
     */
    mark(rates, taken) {
      const most = Math.max(...rates, 1e-6);
      bars.forEach((bar, index) => {
        bar.style.setProperty("--height", `${rates[index] / most}`);
        bar.classList.toggle("taken", taken.has(index));
      });
    },
    destroy() {
      pause();
      document.removeEventListener("keydown", pressed);
    },
  };
}
