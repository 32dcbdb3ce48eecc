// @ts-check
// Buttons with an icon, which takes the colour of text, so that forced colours keep it.

import { button, makeSvg, setAttributes } from "./dom.js";

/** Paths in a square of 24. */
const ICONS = {
  first: "M5 4h3v16H5zM20 4v16L9 12z",
  back: "M17 4v16L6 12z",
  play: "M6 3v18l15-9z",
  pause: "M5 4h5v16H5zM14 4h5v16h-5z",
  forward: "M7 4v16l11-8z",
  last: "M16 4h3v16h-3zM4 4v16l11-8z",
  loop: "M12 3a9 9 0 1 0 9 9h-3a6 6 0 1 1-6-6v4.5L19.5 5.2 12 0z",
  screen: "M3 9V3h6v2H5v4zM15 3h6v6h-2V5h-4zM3 15h2v4h4v2H3zM19 15h2v6h-6v-2h4z",
};

/** @typedef {keyof typeof ICONS} Icon */

/**
 * @param {Icon} icon
 * @param {string} label
 * @param {() => void} act
 */
export function iconButton(icon, label, act) {
  const made = button("", act, "round");
  const box = { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" };
  made.append(makeSvg("svg", box, makeSvg("path")));
  setIcon(made, icon, label);
  return made;
}

/**
 * @param {HTMLButtonElement} of
 * @param {Icon} icon
 * @param {string} label
 */
export function setIcon(of, icon, label) {
  setAttributes(of, { "aria-label": label, title: label });
  of.querySelector("path")?.setAttribute("d", ICONS[icon]);
}
