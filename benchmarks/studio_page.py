"""Milliseconds that the studio's page takes in Chromium, on its own worker.

    python benchmarks/studio_page.py [MODEL ...]

Needs playwright and a chromium. The page is exported to a folder and served as any static host
would. Each is what a visitor waits, from the act (opening the page with the model chosen, a click
on "Other endings") to what is seen; the best of some visits, for other work on the machine only
adds to it.
"""

import functools
import http.server
import shutil
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from limner.studio.models import find_models
from limner.studio.site import build_site, export_site

VISITS = 3

# Tells when, since the page was opened or since an act, a view first shows something, and when its
# answer is whole.
WATCH = """([view, act]) => new Promise((resolve) => {
  const root = document.getElementById(view);
  const start = act ? performance.now() : 0;
  let first = null;
  const seen = () => view === "finish"
    ? !document.getElementById("status").textContent.endsWith(" 0 %") && !root.matches(".stale")
    : !root.matches(".stale") && root.querySelector(".timeline output").textContent !== "";
  const tick = () => {
    const now = performance.now() - start;
    if (first === null && seen()) first = now;
    const whole = !root.querySelector('[data-kind="png"]')?.disabled;
    if (first !== null && whole && !root.matches(".stale")) resolve([first, now]);
    else requestAnimationFrame(tick);
  };
  if (act) root.querySelector("[data-another]").click();
  tick();
})"""


def main(names: list[str]) -> None:
    """Measure every view of every model, each in a fresh page."""
    models = find_models([Path(name) for name in names])
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        export_site(build_site(models, offline=True), Path(folder) / "site")
        handler = functools.partial(Quiet, directory=Path(folder) / "site")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in models:
            for view in ("draw", "dream", "finish", "morph"):
                address = f"http://127.0.0.1:{server.server_port}/?model={name}&view={view}"
                opened, asked = [], []
                for _ in range(VISITS):
                    page = browser.new_page()
                    page.goto(address, wait_until="commit")
                    page.wait_for_selector(f"#{view} .timeline output", state="attached")
                    opened.append(page.evaluate(WATCH, [view, False]))
                    if view != "morph":
                        asked.append(page.evaluate(WATCH, [view, True]))
                    page.close()
                say(name, f"{view}, from opening the page", opened)
                if asked:
                    say(name, f"{view}, asked again", asked)
        browser.close()
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static host that says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def say(name: str, what: str, times: list[tuple[float, float]]) -> None:
    """A line of the table."""
    first, whole = (min(column) for column in zip(*times, strict=True))
    print(f"{name:10} {what:32} first {first:7.0f} ms   whole {whole:7.0f} ms", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
