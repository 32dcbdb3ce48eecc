// The status line, and what fails.

const status = document.getElementById("status");

/** Say something in it; nothing clears it. */
export function say(words = "") {
  status.textContent = words;
}

/** Do something; say why if it fails. */
export async function attempt(act) {
  try {
    await act();
  } catch (error) {
    say(error.message);
  }
}
