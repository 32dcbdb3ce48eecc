"""An exported studio works without a network after the first visit."""

import shutil

import pytest
from runs import make_run
from static_host import plain_server

from limner.studio.site import build_site, export_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")

GET = "async (path) => (await fetch(path)).ok"
CACHES = """async () => Promise.all((await caches.keys()).map(async (name) =>
  [name, (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)]))"""
KEPT = """async (path) => {
  while (await caches.match(path) === undefined) await new Promise((done) => setTimeout(done, 50));
}"""


@pytest.fixture
def page():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page()
        browser.close()


def test_an_exported_studio_works_without_a_network_and_follows_changes(page, tmp_path):
    out = tmp_path / "host" / "deep" / "studio"
    first, second = (make_run(tmp_path / f"run{seed}", seed=seed) for seed in (1, 2))
    site = build_site({"first": first}, offline=True)
    export_site(site, out)
    (weights,) = [path for path in site if path.startswith("models/")]
    with plain_server(tmp_path / "host") as port:
        address = f"http://127.0.0.1:{port}/deep/studio/"
        page.goto(f"{address}?view=dream")
        page.evaluate(GET, weights)  # as the page does, before there is a service worker
        page.evaluate(KEPT, weights)  # which is given them once more

    for visit in ("./", "index.html", "?view=draw&model=first"):
        page.goto(address + visit)
        assert page.title().startswith("limner")
        for path in set(site) - {"sw.js"}:
            assert page.evaluate(GET, path), path

    site = build_site({"second": second}, offline=True)
    export_site(site, out)
    with plain_server(tmp_path / "host", port):
        page.goto(address)
        told = page.evaluate("async () => (await (await fetch('models.json')).json()).models")
        assert [model["name"] for model in told] == ["second"]
        assert page.evaluate(GET, told[0]["weights"])
    kept = dict(page.evaluate(CACHES))
    assert all(name.startswith(f"limner {address} ") for name in kept)
    assert kept[f"limner {address} models"] == [f"/deep/studio/{told[0]['weights']}"]
