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

/**
 * A new element with some words in it.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} [words]
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, words = "", className = "") {
  const made = document.createElement(name);
  made.textContent = words;
  if (className) made.className = className;
  return made;
}

/**
 * A button that does something.
 *
 * @param {string} words
 * @param {() => void} act
 * @param {string} [className]
 */
export function button(words, act, className = "quiet") {
  const made = make("button", words, className);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element of SVG.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number>} [attributes]
 * @returns {SVGElementTagNameMap[Name]}
 */
export function makeSvg(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * A small drawing on a button, in the colour of its words.
 *
 * @param {string} path
 */
export function icon(path) {
  const made = makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "icon" });
  made.append(makeSvg("path", { d: path }));
  return made;
}
