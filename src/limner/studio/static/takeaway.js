// What a visitor takes away: files, or a link.

import { post } from "./api.js";
import { attempt, say } from "./status.js";

const WORDS = {
  gif: ["GIF", "An animation"],
  png: ["PNG", "A still"],
  svg: ["SVG", "The path of the windows"],
  ndjson: ["ndjson", "The drawing, simplified, as Quick, Draw! has it"],
  link: ["link", "The address of these very drawings"],
};

/**
 * The row of things to take away.
 *
 * `current` gives what was last asked, as { path, body }, or null.
 */
export function takeaway(root, current) {
  root.append("Take away ");
  for (const kind of root.dataset.takeaway.split(" ")) {
    const [name, title] = WORDS[kind];
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "quiet", textContent: name, title });
    button.dataset.kind = kind;
    button.addEventListener("click", async () => {
      const asked = current();
      if (!asked) {
        say("There is nothing to take away yet.");
        return;
      }
      button.disabled = true;
      await attempt(() => take(kind, asked));
      button.disabled = false;
    });
    root.append(button);
  }
}

async function take(kind, { path, body }) {
  if (kind === "link") {
    // Only pages from this machine, or over TLS, may write to the clipboard.
    await navigator.clipboard?.writeText(location.href);
    say(navigator.clipboard ? "The link is copied." : "The link is this page’s address.");
    return;
  }
  say("Making the file …");
  save(await post(path, body, { format: kind }), path, kind);
  say();
}

function save(blob, path, kind) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `limner-${path}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
