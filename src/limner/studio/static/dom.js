// @ts-check
// The few ways in which the page finds and makes its elements.

/**
 * The element that a selector finds.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 * @throws {Error} There is none.
 */
export function element(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @param {ParentNode} root @param {string} selector */
export function input(root, selector) {
  return /** @type {HTMLInputElement} */ (element(root, selector));
}

/** @param {ParentNode} root @param {string} selector */
export function select(root, selector) {
  return /** @type {HTMLSelectElement} */ (element(root, selector));
}

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]} All that it finds.
 */
export function elements(root, selector) {
  return Array.from(root.querySelectorAll(selector));
}

/** @typedef {Record<string, string | number>} Attributes */

/**
 * A new element of HTML.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element of SVG.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function makeSvg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @param {Element} of
 * @param {Attributes} attributes
 */
export function setAttributes(of, attributes) {
  for (const [name, value] of Object.entries(attributes)) of.setAttribute(name, `${value}`);
}

/**
 * A button that does something.
 *
 * @param {string} words
 * @param {() => void} act
 * @param {string} [className]
 */
export function button(words, act, className = "quiet") {
  const made = make("button", { type: "button", class: className }, words);
  made.addEventListener("click", act);
  return made;
}
