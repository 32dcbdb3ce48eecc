// @ts-check
// Elements, made in one line each.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number>} Attributes */

/**
 * An element of HTML.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/**
 * An element of SVG.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
}

/**
 * A button with an icon that takes the colour of text, so that forced colours keep it.
 *
 * @param {string} label
 * @param {string} path Of the icon, in a square of 24.
 */
export function iconButton(label, path) {
  const icon = shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, shape("path"));
  const button = make("button", { type: "button", class: "icon" }, icon);
  setIcon(button, label, path);
  return button;
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} label
 * @param {string} path
 */
export function setIcon(button, label, path) {
  setAttributes(button, { "aria-label": label, title: label });
  button.querySelector("path")?.setAttribute("d", path);
}
