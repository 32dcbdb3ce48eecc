// @ts-check
// The steps of a drawing: a bar for each, as high as its rate; to be scrubbed, stepped and played.
// The equations play a step part by part too.

import { make } from "./dom.js";
import { iconButton, setIcon } from "./icons.js";
import { Player } from "./player.js";

const STEP_SECONDS = 0.12;
const MOST_SECONDS = 3.2; // that a drawing plays
const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * How a drawing is played.
 *
 * @typedef {object} Pace
 * @property {number} seconds That a step is shown, or a part of it.
 * @property {boolean} byParts
 */

export class Timeline {
  /** @type {number[] | null} */
  rates = null;
  /** @type {Set<number>} Steps that are marked. */
  marked = new Set();
  frame = 0;

  /**
   * @param {HTMLElement} root
   * @param {(step: number, part: number | null) => void} shown Is told what is to be shown, counted
   *   from 0; no part is all of them.
   * @param {Player} [player]
   * @param {(length: number) => Pace} [pace] For a number of steps.
   */
  constructor(root, shown, player = new Player(), pace = quick) {
    this.root = root;
    this.shown = shown;
    this.player = player;
    this.pace = pace;
    this.back = iconButton("back", "One step back", () => this.go(this.player.at - 1));
    this.toggle = iconButton("play", "Play", () => this.playOrPause());
    this.toggle.classList.add("play");
    this.forward = iconButton("forward", "One step on", () => this.go(this.player.at + 1));
    this.bars = make("div", { class: "bars", "aria-hidden": "true" });
    this.range = make("input", { type: "range", min: 1, max: 1, step: 1, "aria-label": "Step" });
    const track = make("div", { class: "track" }, this.bars, this.range);
    this.label = make("output");
    this.detail = make("span");
    const step = make("p", { class: "step" }, this.label, this.detail);
    this.loop = iconButton("loop", "Loop", () => this.setLoop(!this.player.loop));
    this.loop.setAttribute("aria-pressed", "false");
    this.whole = iconButton("screen", "Full screen", () => this.fullScreen());
    this.whole.hidden = !document.fullscreenEnabled;
    this.controls = [this.back, this.toggle, this.forward, this.range, this.loop];
    const steer = make("div", { class: "steer" }, this.back, this.toggle, this.forward);
    this.more = make("div", { class: "steer" }, this.loop, this.whole);
    root.append(steer, track, step, this.more);
    this.range.addEventListener("input", () => this.go(this.range.valueAsNumber - 1));
    this.range.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      this.playOrPause();
    });
    this.listen(track);
    this.update();
  }

  /** @param {HTMLElement} track Is scrubbed. */
  listen(track) {
    const scrub = (/** @type {PointerEvent} */ event) => {
      const box = this.bars.getBoundingClientRect();
      this.go(Math.floor(((event.clientX - box.left) / box.width) * this.player.length));
    };
    track.addEventListener("pointerdown", (event) => {
      if (this.player.empty) return;
      event.preventDefault();
      track.setPointerCapture(event.pointerId);
      this.range.focus();
      scrub(event);
    });
    track.addEventListener("pointermove", (event) => {
      if (track.hasPointerCapture(event.pointerId)) scrub(event);
    });
  }

  /** There is no drawing any more. */
  clear() {
    this.player.clear();
    this.rates = null;
    this.update();
  }

  /**
   * A new drawing begins, and is played from its start where motion is wanted.
   *
   * @param {number} length Its number of steps.
   */
  begin(length) {
    this.rates = null;
    this.player.begin(length, !still.matches);
    this.update();
    this.run();
  }

  /**
   * Another drawing joins the one that has come: both are played from their start, unless somebody
   * looks at a step in the middle.
   *
   * @param {number} length Number of steps of the one that has more.
   */
  join(length) {
    const { player } = this;
    const held = !player.playing && !player.ended;
    this.resize(length);
    if (held || still.matches) return;
    player.go(0);
    player.play();
    this.show();
    this.run();
  }

  /** @param {number} length Number of steps from now on; the one that is shown stays if it can. */
  resize(length) {
    this.player.resize(length);
    this.show();
  }

  /** @param {number} available How many of its steps have come. */
  grow(available) {
    const { player } = this;
    const first = player.empty;
    player.grow(available);
    if (still.matches && available === player.length) player.go(player.length - 1);
    else if (!first) return;
    this.show();
  }

  /**
   * @param {number[]} rates Of each step, nats.
   * @param {Set<number>} [marked] Steps to be marked.
   */
  rate(rates, marked = new Set()) {
    this.rates = rates;
    this.marked = marked;
    this.update();
  }

  playOrPause() {
    if (this.player.playing) this.player.pause();
    else this.player.play(this.pace(this.player.length).byParts);
    this.show();
    this.run();
  }

  pause() {
    this.player.pause();
    this.update();
  }

  /** @param {number} step @param {number | null} [part] */
  go(step, part) {
    this.player.pause();
    this.player.go(step, part);
    this.show();
  }

  /** @param {1 | -1} by Parts. */
  turn(by) {
    this.player.pause();
    this.player.turn(by);
    this.show();
  }

  /** @param {boolean} loop */
  setLoop(loop) {
    this.player.loop = loop;
    this.loop.setAttribute("aria-pressed", String(loop));
    if (loop && !this.player.playing) this.playOrPause();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.closest("section")?.requestFullscreen();
    this.range.focus({ preventScroll: true }); // so that the space bar plays
  }

  /** Let time pass for as long as it plays. */
  run() {
    cancelAnimationFrame(this.frame);
    let last = performance.now();
    const tick = (/** @type {number} */ now) => {
      const { player } = this;
      if (!player.playing) return;
      const { seconds, byParts } = this.pace(player.length);
      const steps = Math.floor((now - last) / (1000 * seconds));
      if (steps > 0) {
        last += 1000 * steps * seconds;
        player.advance(steps, byParts);
        this.show();
      }
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  show() {
    this.update();
    if (!this.player.empty) this.shown(this.player.at, this.player.part);
  }

  /** Bring what is on the page up to the player. */
  update() {
    const { player, rates } = this;
    const { at, empty, length } = player;
    for (const control of this.controls) control.disabled = empty;
    // Not disabled: the button that is pressed to the end keeps the focus.
    this.back.ariaDisabled = String(empty || at === 0);
    this.forward.ariaDisabled = String(empty || player.ended);
    this.range.max = String(Math.max(length, 1));
    this.range.value = String(at + 1);
    this.range.setAttribute("aria-valuetext", empty ? "none yet" : `${at + 1} of ${length}`);
    setIcon(this.toggle, player.playing ? "pause" : "play", player.playing ? "Pause" : "Play");
    this.label.textContent = empty ? "" : `step ${at + 1} of ${length}`;
    const rate = empty ? undefined : rates?.[at];
    this.detail.textContent = rate === undefined ? "" : `${rate.toFixed(2)} nats`;
    if (this.bars.children.length !== length) {
      this.bars.replaceChildren(...Array.from({ length }, () => make("span")));
    }
    const most = Math.max(1, ...(rates ?? []));
    Array.from(this.bars.children).forEach((bar, n) => {
      const when = n < at ? "past" : n === at ? "now" : "";
      const height = Math.max(rates?.[n] ?? 0, 0) / most;
      /** @type {HTMLElement} */ (bar).style.setProperty("--height", String(height));
      bar.className = empty ? "" : when;
      bar.classList.toggle("marked", this.marked.has(n));
    });
  }
}

/** @param {number} length @returns {Pace} */
function quick(length) {
  return { seconds: Math.min(STEP_SECONDS, MOST_SECONDS / length), byParts: false };
}
