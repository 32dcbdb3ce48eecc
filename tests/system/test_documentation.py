"""The documentation site is built without a warning; that executes the notebooks."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = {"tutorial": 12, "your-own-read": 3}
"""The notebooks, and the least number of images that each shows."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    for needed in ("sphinx", "furo", "myst_nb", "sphinx_copybutton"):
        pytest.importorskip(needed, reason="the extra `docs` is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    started, computed = time.monotonic(), os.times()
    done = subprocess.run(
        [*command, REPOSITORY / "docs", folder],
        env=environment,
        capture_output=True,
        text=True,
        timeout=1500,  # other tests may run on the same cores
    )
    assert done.returncode == 0, done.stderr[-3000:]
    taken = os.times()
    seconds = time.monotonic() - started
    cores = taken.children_user - computed.children_user
    print(f"the site took {seconds:.0f} s, {cores:.0f} of processor time")
    assert cores < 2 * 300
    return folder


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_shows_what_it_computed(site, name):
    page = (site / f"{name}.html").read_text("utf-8")
    assert len(re.findall(r'<img [^>]*src="_images/', page)) >= NOTEBOOKS[name]
    assert "Traceback" not in page


def test_the_reference_shows_shapes_as_they_are_written(site):
    text = re.sub(r"<[^>]+>", "", (site / "api" / "network.html").read_text("utf-8"))
    assert re.search(r"image\s*:\s*Float\[Array,\s*(&#39;|&quot;|'|\")c h w", text)
    assert "object at 0x" not in text


def test_every_page_has_a_title_and_a_way_home(site):
    pages = [page for page in site.rglob("*.html") if "_modules" not in page.parts]
    assert len(pages) > 20
    for page in pages:
        text = page.read_text("utf-8")
        assert re.search(r"<title>[^<]+</title>", text), page.name
        assert "index.html" in text or page.name == "index.html"
