"""The engine as a service: answers, failures, cancelling; and as a worker of a page."""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from node_process import SMALL, needs_node, run_node

import limner
from limner.model.weights import save_weights
from limner.pretrained.hub import find
from limner.sampling.drawings import sample

PACKAGE = Path(limner.__file__).parent


@needs_node
def test_the_engine_answers_as_a_service(make_model, tmp_path):
    model = make_model()
    path = tmp_path / "model.safetensors"
    save_weights(model, path)
    found = run_node("client.mjs", {"model": SMALL, "weights": str(path)})

    expected = sample(model, num=2, num_steps=3, seed=0).canvases
    np.testing.assert_allclose(
        np.array(found["canvases"]).reshape(expected.shape), expected, atol=1e-3
    )
    assert found["parts"] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found["handedOver"]
    assert len(found["losses"][0]["ratePerStep"]) == 2
    assert [len(steps) for steps in found["completions"]] == [2, 2]
    assert [len(steps) for steps in found["between"]] == [3, 3]

    assert found["unloaded"] == 'Error: no model "net" is loaded'
    assert found["damaged"].startswith("Error: the weights cannot be read")
    assert "no categories" in found["categories"]

    assert found["cancelled"].startswith("AbortError")
    assert found["seen"] == 2
    assert found["after"] == 3
    assert found["early"].startswith("AbortError")
    assert found["order"] == "ababab"
    assert found["closed"] == "AbortError: the engine was closed"


PAGE = """<!doctype html><title>engine</title><link rel="icon" href="data:,"><script type="module">
import { Engine } from "./studio/static/model/client.js";
window.dream = async (model, numSteps) => {
  const engine = new Engine();
  const folder = `./pretrained/${model}/`;
  const config = await (await fetch(folder + "config.json")).json();
  const weights = await (await fetch(folder + "model.safetensors")).arrayBuffer();
  await engine.load(model, config.model, weights);
  const { steps } = await engine.sample(model, { num: 2, numSteps, seed: 3 });
  engine.close();
  return steps.map((drawings) => drawings.map(({ canvas }) => [...canvas]));
};
window.ready = true;
</script>"""


@pytest.fixture
def address(tmp_path):
    """A plain server of files, with the engine, a model and a page that asks it."""
    for folder in ("studio/static/model", "pretrained/cat"):
        shutil.copytree(PACKAGE / folder, tmp_path / folder)
    (tmp_path / "index.html").write_text(PAGE)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_has_it_compute_in_a_worker(address):
    """In Chromium, from a plain server of files, with the shipped cats."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not here")
    said = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.wait_for_function("window.ready")
        canvases = np.array(page.evaluate("dream('cat', 20)"))
        browser.close()
    assert said == []
    expected = sample(find(Path("cat")).load_model(), num=2, num_steps=20, seed=3).canvases
    np.testing.assert_allclose(canvases.reshape(expected.shape), expected, atol=1e-3, rtol=1e-5)
