// The status line.

const status = document.getElementById("status");

/** Say something in it; nothing clears it. */
export function say(words = "") {
  status.textContent = words;
}
