import asyncio
import base64
import dataclasses
import io
import json
import os
import socket
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from pathlib import Path

import httpx2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

pytest.importorskip("fastapi", reason="the studio's packages are not here")
pytest.importorskip("schemathesis", reason="schemathesis is not here")

import schemathesis
from hypothesis import HealthCheck, settings
from runs import NUM_STEPS, make_run
from schemathesis.specs.openapi.checks import positive_data_acceptance
from studio_process import running_studio

import limner.studio
from limner.cli import draw
from limner.cli.studio import studio as studio_command
from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.data.doodles.doodles import CATEGORIES, doodle
from limner.data.formats.stroke_files import read_ndjson
from limner.data.rasteriser import rasterise
from limner.data.strokes import simplify
from limner.errors import LimnerError
from limner.model.objective import draw_noise, loss
from limner.pretrained import hub
from limner.run import Run
from limner.sampling.drawings import reconstruct, sample
from limner.sampling.interpolation import interpolate
from limner.studio import batching, models, server, warmup
from limner.studio.batching import Busy, Engine
from limner.studio.middleware import names_this_machine

STROKES = [stroke.T.tolist() for stroke in doodle("cat", 3)]
OTHERS = [stroke.T.tolist() for stroke in doodle("cat", 4)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder / "cat", seed=1)
    make_run(folder / "blind", seed=2, read_grid=None, write_grid=None)
    make_run(folder / "colours", seed=3, channels=3)
    return folder


@pytest.fixture(scope="module")
def address(runs):
    with running_studio(runs / "cat", runs) as address:
        yield address


@pytest.fixture
def studio(address):
    with httpx2.Client(base_url=address, timeout=60) as client:
        yield client


def ask(studio: httpx2.Client, path: str, **body) -> dict:
    response = studio.post(f"/api/v1/{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def array(pixels: dict) -> np.ndarray:
    levels = np.frombuffer(base64.b64decode(pixels["data"]), np.uint8)
    return levels.reshape(pixels["shape"]) / 255


def assert_same_drawings(pixels: dict, expected):
    np.testing.assert_allclose(array(pixels), expected, atol=0.51 / 255 + 1e-3)


# --- what is answered ---------------------------------------------------------------------------


def test_a_reconstruction_is_the_one_that_the_library_makes(studio, runs):
    answer = ask(studio, "reconstruct", model="cat", strokes=STROKES, seed=7)
    simplified = simplify([np.array(stroke).T for stroke in STROKES])
    image = rasterise([simplified]) / np.float32(255)
    assert_same_drawings(answer["image"], image)
    assert [np.array(stroke).T.tolist() for stroke in answer["strokes"]] == [
        stroke.tolist() for stroke in simplified
    ]
    model = Run.open(runs / "cat").load_model()
    expected = reconstruct(model, image[None], num_steps=NUM_STEPS, seed=7)
    assert_same_drawings(answer["canvases"], expected.probabilities[:, 0])
    for kind, window in [("read", expected.read_window), ("write", expected.write_window)]:
        assert window is not None
        for name, values in window._asdict().items():
            np.testing.assert_allclose(answer[kind][name][0], values[:, 0], rtol=1e-3, atol=1e-3)


def test_its_nats_are_those_of_the_objective(studio, runs):
    answer = ask(studio, "reconstruct", model="cat", strokes=STROKES, seed=7)
    model = Run.open(runs / "cat").load_model()
    key = jax.random.fold_in(jax.random.key(7), 0)
    noise = draw_noise(key, NUM_STEPS, model.latent_size)
    expected = jax.jit(loss)(model, jnp.asarray(array(answer["image"]), jnp.float32), noise)
    assert answer["distortion"] == pytest.approx(float(expected.distortion), rel=1e-4)
    assert answer["rate_per_step"] == pytest.approx(expected.rate_per_step.tolist(), rel=1e-3)
    assert answer["rate"] == pytest.approx(sum(answer["rate_per_step"]))
    assert answer["bound"] == pytest.approx(answer["distortion"] + answer["rate"])
    assert 0 < answer["floor"] < answer["distortion"]


def test_a_drawing_is_seen_the_same_wherever_and_however_large_it_is_drawn(studio):
    far = [[(3 * x + 500, 3 * y - 700) for x, y in stroke] for stroke in STROKES]
    here, there = (ask(studio, "reconstruct", strokes=s)["image"] for s in (STROKES, far))
    assert np.abs(array(here) - array(there)).mean() < 0.01


def test_many_asking_at_once_get_what_each_would_get_alone(studio, address):
    alone = [ask(studio, "reconstruct", strokes=STROKES, seed=seed) for seed in range(12)]

    async def all_at_once():
        async with httpx2.AsyncClient(base_url=address, timeout=60) as client:
            bodies = ({"strokes": STROKES, "seed": seed} for seed in range(12))
            posts = (client.post("/api/v1/reconstruct", json=body) for body in bodies)
            return [response.json() for response in await asyncio.gather(*posts)]

    for one, other in zip(alone, asyncio.run(all_at_once()), strict=True):
        assert one["seed"] == other["seed"]
        assert one["bound"] == pytest.approx(other["bound"], rel=1e-4)


@pytest.mark.parametrize("num_steps", [1, NUM_STEPS, 3 * NUM_STEPS])
def test_samples_are_those_of_the_library_for_any_number_of_steps(studio, runs, num_steps):
    settings = {"num": 3, "seed": 2**32 - 1, "temperature": 0.5, "num_steps": num_steps}
    answer = ask(studio, "sample", model="cat", **settings)
    expected = sample(Run.open(runs / "cat").load_model(), **settings)
    assert_same_drawings(answer["canvases"], expected.probabilities.swapaxes(0, 1))
    assert np.shape(answer["write"]["stride"]) == (3, num_steps)


def test_the_first_samples_are_the_same_however_many_there_are(studio):
    few, many = (ask(studio, "sample", num=num)["canvases"] for num in (2, 5))
    np.testing.assert_array_equal(array(few), array(many)[:2])


def test_completions_keep_the_ink_and_its_place(studio):
    corner = [[(10, 10), (50, 10), (50, 50)]]
    answer = ask(studio, "complete", strokes=corner, num=3, seed=4)
    image = array(answer["image"])
    rows, columns = np.nonzero(image[0] > 0.5)
    # Page 0..255 lies on canvas 24..279 of 304, and 28 pixels are the canvas.
    ends = pytest.approx([34 * 28 / 304 - 0.5, 74 * 28 / 304 - 0.5], abs=1)
    assert [columns.min(), columns.max()] == ends
    assert [rows.min(), rows.max()] == ends
    canvases = array(answer["canvases"])
    assert canvases.shape == (3, NUM_STEPS, 1, 28, 28)
    assert (canvases >= image).all()


def test_an_interpolation_is_the_library_s(studio, runs):
    answer = ask(studio, "interpolate", model="cat", first=STROKES, second=OTHERS, num=5)
    expected = interpolate(
        Run.open(runs / "cat").load_model(),
        array(answer["first"]).astype(np.float32),
        array(answer["second"]).astype(np.float32),
        places=np.array(answer["places"], np.float32),
        num_steps=NUM_STEPS,
    )
    assert answer["places"] == [0, 0.25, 0.5, 0.75, 1]
    assert_same_drawings(answer["canvases"], expected.probabilities.swapaxes(0, 1))


def test_models_are_listed_with_their_cards(studio, runs):
    cards = studio.get("/api/v1/models").json()["models"]
    assert [card["name"] for card in cards] == ["cat", "blind", "cat-2", "colours"]
    weights = safetensors.numpy.load_file(runs / "cat" / "model.safetensors")
    assert cards[0]["weights"] == sum(array.size for array in weights.values())
    assert cards[0]["validation_distortion"] == 200
    assert cards[0]["most_steps"] == 64
    assert (cards[0]["cell"], cards[0]["hidden_size"]) == ("lstm", 16)
    assert cards[0]["doodles"] == ["cat"]
    assert [card["draws"] for card in cards] == [True, True, True, False]


@pytest.mark.parametrize(
    ("data", "categories"), [("quickdraw", ("cat",)), ("doodles", CATEGORIES), ("images", ())]
)
def test_a_model_whose_settings_name_no_category_draws_those_of_its_data(
    tmp_path, data, categories
):
    run = make_run(tmp_path / "run")
    path = tmp_path / "gone" if data == "images" else None
    config = dataclasses.replace(run.config, data=DataConfig(name=data, path=path))
    assert (
        models.load_models({"run": dataclasses.replace(run, config=config)})["run"].categories
        == categories
    )


def test_a_model_without_attention_has_no_windows(studio):
    answer = ask(studio, "reconstruct", model="blind", strokes=STROKES)
    assert answer["read"] is None
    assert answer["write"] is None


def test_a_model_in_colour_dreams_but_takes_no_strokes(studio):
    assert ask(studio, "sample", model="colours", num=1)["canvases"]["shape"][2] == 3
    refused = studio.post("/api/v1/reconstruct", json={"model": "colours", "strokes": STROKES})
    assert refused.status_code == 422
    assert "takes no strokes" in refused.json()["detail"]


def test_percentiles_count_test_drawings(studio):
    assert studio.get("/api/v1/models").json()["models"][0]["test_drawings"] == 4
    answer = ask(studio, "reconstruct", strokes=STROKES)
    assert answer["percentile"] in (0, 25, 50, 75, 100)  # of four test drawings


def test_a_percentile_is_the_share_of_lower_bounds(runs):
    model = models.load_models(models.find_models((runs / "cat",)))["cat"]
    assert model.percentile(3.0) is None
    model.test_bounds = np.array([1.0, 2.0, 4.0, 8.0])
    assert [model.percentile(bound) for bound in (0.0, 3.0, 9.0)] == [0, 50, 100]


def test_a_doodle_to_start_from_is_the_library_s(studio):
    answer = studio.get("/api/v1/doodle", params={"category": "cat", "index": 3}).json()
    assert answer["strokes"] == STROKES


# --- pictures to take away ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "frames"),
    [
        ("reconstruct", {"strokes": STROKES}, NUM_STEPS),
        ("reconstruct", {"strokes": STROKES, "model": "blind"}, NUM_STEPS),
        ("sample", {"num": 9}, NUM_STEPS),
        ("complete", {"strokes": STROKES, "num": 2}, NUM_STEPS),
        ("interpolate", {"first": STROKES, "second": OTHERS, "num": 4}, 6),  # there and back
    ],
)
def test_drawings_can_be_taken_away_as_pictures(studio, path, body, frames):
    gif, png, svg = (
        studio.post(f"/api/v1/{path}?format={form}", json=body) for form in ("gif", "png", "svg")
    )
    assert gif.headers["content-type"] == "image/gif"
    with Image.open(io.BytesIO(gif.content)) as animation:
        assert animation.n_frames == frames  # type: ignore[attr-defined]
    with Image.open(io.BytesIO(png.content)) as picture:
        assert picture.format == "PNG"
    root = ElementTree.fromstring(svg.content)
    squares = root.findall(".//{http://www.w3.org/2000/svg}polyline/..")
    assert len(squares) == {"reconstruct": 2, "sample": 9, "complete": 2, "interpolate": 4}[
        path
    ] * ("model" not in body)


@pytest.mark.parametrize("path", ["reconstruct", "complete"])
def test_strokes_can_be_taken_away_as_a_line_of_quick_draw(studio, tmp_path, path):
    before = time.time()
    answer = studio.post(f"/api/v1/{path}?format=ndjson", json={"strokes": STROKES})
    assert answer.headers["content-type"] == "application/x-ndjson"
    file = tmp_path / "kept.ndjson"
    file.write_bytes(answer.content)
    kept = json.loads(answer.content)
    assert (kept["word"], kept["countrycode"], kept["recognized"]) == ("cat", "ZZ", False)
    moment = datetime.fromisoformat(kept["timestamp"].replace(" UTC", "+00:00")).timestamp()
    assert before <= moment <= time.time()
    assert int(kept["key_id"]) == pytest.approx(1e6 * moment, abs=1)
    simplified = simplify([np.array(stroke).T for stroke in STROKES])
    [strokes] = read_ndjson(file)
    assert [stroke.tolist() for stroke in strokes] == [s.tolist() for s in simplified]


# --- what is refused ----------------------------------------------------------------------------

POINT = [[[1, 2]]]


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ('{"strokes": [[[NaN, 1]]]}', 422, "strokes.0.0.0: Input should be a finite number"),
        ('{"strokes": [[[1e999, 1]]]}', 422, "strokes.0.0.0: Input should be a finite number"),
        ('{"strokes": [[[-Infinity, 1]]]}', 422, "finite number"),
        ('{"strokes": [[[1e6, 1]]]}', 422, "less than or equal to 100000"),
        ('{"strokes": []}', 422, "at least 1 item"),
        ('{"strokes": [[]]}', 422, "at least 1 item"),
        (json.dumps({"strokes": POINT * 201}), 422, "at most 200 items"),
        (json.dumps({"strokes": [POINT[0] * 5000] * 3}), 422, "15,000 points"),
        (json.dumps({"strokes": [[[0, 0], [255, 255]] * 50]}), 422, "pages long"),
        (json.dumps({"strokes": POINT, "seed": -1}), 422, "seed"),
        (json.dumps({"strokes": POINT, "path": "/etc/passwd"}), 422, "path: Extra inputs"),
        (json.dumps({"strokes": POINT, "model": "../../etc"}), 404, "there is no model"),
        ("[" * 100_000, 400, "parsing"),
        ("\xff\xfe", 422, ""),
        ("", 422, "required"),
        ("x" * (512 * 1024 + 1), 413, "longer than"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(studio, body, status, why):
    headers = {"content-type": "application/json"}
    response = studio.post("/api/v1/reconstruct", content=body, headers=headers)
    assert response.status_code == status
    detail = response.json()["detail"]
    assert why in detail
    assert "\n" not in detail
    assert len(detail) < 200  # what was sent is not sent back


def test_a_long_body_is_refused_also_when_its_length_is_not_announced(studio):
    chunks = (b"x" * 65536 for _ in range(9))
    assert studio.post("/api/v1/sample", content=chunks).status_code == 413


def test_a_single_point_is_a_drawing(studio):
    assert ask(studio, "reconstruct", strokes=POINT)["image"]["shape"] == [1, 28, 28]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:80"}, 421),
        ({"host": "192.168.0.7"}, 421),
        ({"host": "["}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"host": "localhost:1234"}, 200),
        ({"host": "[::1]:1234"}, 200),
        ({"host": "localhost", "origin": "http://localhost"}, 200),
    ],
)
def test_requests_must_name_this_machine_and_come_from_this_page(studio, headers, status):
    assert studio.get("/api/v1/models", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("host", "named", "ours"),
    [
        ("0.0.0.0", "10.1.2.3:8017", True),
        ("0.0.0.0", socket.gethostname(), True),
        ("0.0.0.0", "evil.example", False),
        ("box.lan", "box.lan:8017", True),
        ("::1", "[::1]:8017", True),
        ("::1", "[2001:db8::1]", False),
    ],
)
def test_served_to_a_network_it_answers_to_addresses_but_to_no_other_name(host, named, ours):
    assert names_this_machine(named, host) is ours


@pytest.mark.parametrize("path", ["/../cli.py", "/%2e%2e/cli.py", "/static/app.js", "/app.js/"])
def test_no_path_leads_out_of_the_page(studio, path):
    assert studio.get(path).status_code in (404, 307)


def test_beyond_the_bound_requests_are_told_to_come_again(studio, monkeypatch):
    monkeypatch.setattr(batching, "MOST_REQUESTS", 0)
    response = studio.post("/api/v1/sample", json={})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "try again" in response.json()["detail"]
    assert studio.get("/api/v1/models").status_code == 200


# --- the engine ---------------------------------------------------------------------------------


def test_rows_that_come_while_it_computes_are_computed_together():
    async def scenario():
        sizes = []

        def double(rows: np.ndarray) -> np.ndarray:
            sizes.append(len(rows))
            time.sleep(0.05)
            return 2 * rows

        room = Engine()
        asked = [np.full(1 + n % 2, n) for n in range(8)]
        answers = await asyncio.gather(*(room.together(double, rows) for rows in asked))
        await room.close()
        return sizes, asked, answers

    sizes, asked, answers = asyncio.run(scenario())
    for rows, answer in zip(asked, answers, strict=True):
        np.testing.assert_array_equal(answer, 2 * rows)
    assert sum(sizes) == 12
    assert max(sizes) <= batching.MOST_ROWS
    assert len(sizes) < 8


def test_a_failure_reaches_who_asked_and_nobody_else():
    async def scenario():
        room = Engine()
        failed, fine = await asyncio.gather(
            room.alone(lambda: 1 / 0), room.alone(lambda: "fine"), return_exceptions=True
        )
        await room.close()
        return failed, fine

    failed, fine = asyncio.run(scenario())
    assert isinstance(failed, ZeroDivisionError)
    assert fine == "fine"


def test_places_are_bounded_and_given_back():
    async def scenario():
        room = Engine()
        held = [room.admission() for _ in range(batching.MOST_REQUESTS)]
        for place in held:
            place.__enter__()
        with pytest.raises(Busy), room.admission():
            pass
        held[0].__exit__(None, None, None)
        with room.admission():
            pass
        await room.close()

    asyncio.run(scenario())


# --- getting ready ------------------------------------------------------------------------------


def test_others_are_served_while_a_models_data_are_opened(runs, monkeypatch):
    model = models.load_models(models.find_models((runs / "cat",)))["cat"]
    opening, served = threading.Event(), threading.Event()
    meanwhile = []

    def open_slowly(*args, **kwargs):
        opening.set()
        meanwhile.append(served.wait(10))
        return open_dataset(*args, **kwargs)

    monkeypatch.setattr(warmup, "open_dataset", open_slowly)

    async def scenario():
        room = Engine()
        ready = warmup.Preparation(room)
        ready.begin(model)
        while not opening.is_set():
            await asyncio.sleep(0.01)
        served.set()
        while not len(model.test_bounds):
            await asyncio.sleep(0.01)
        await ready.close()
        await room.close()

    asyncio.run(scenario())
    assert meanwhile == [True]


# --- the page -----------------------------------------------------------------------------------


def test_the_page_may_load_nothing_from_elsewhere(studio):
    policy = studio.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    for path in Path(server.__file__).parent.joinpath("static").glob("*.*"):
        if path.suffix in (".html", ".js", ".css"):
            text = path.read_text()
            for scheme in ("http:", "https:", "src=//", "url(//"):
                found = text.replace("http://www.w3.org/2000/svg", "")
                assert scheme not in found, path.name


def test_a_file_that_has_not_changed_is_not_sent_again(studio):
    first = studio.get("/app.js")
    again = studio.get("/app.js", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_the_documentation_works_offline(studio):
    page = studio.get("/docs")
    assert page.status_code == 200
    for asset in ("/swagger-ui-bundle.js", "/swagger-ui.css", "/docs.js", "/openapi.json"):
        assert studio.get(asset).status_code == 200


# --- the schema ---------------------------------------------------------------------------------

schema = schemathesis.openapi.from_dict(server.create_app({}).openapi())
# What does not fit is tested above: a body of too many points is refused for its length, 413,
# which is no answer that a generator of misfits expects.
schema.config.generation.update(modes=[schemathesis.GenerationMode.POSITIVE])


@schema.parametrize()
@settings(
    max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_what_fits_the_schema_is_answered_by_the_schema(case, address):
    response = case.call(base_url=address, timeout=60)
    # No schema can say how long the strokes are, and a generator does scribble.
    too_long = response.status_code == 422 and "pages long" in response.json()["detail"]
    excluded = [positive_data_acceptance] if too_long else []
    case.validate_response(response, excluded_checks=excluded)


# --- the command --------------------------------------------------------------------------------


def test_check_says_that_it_would_start(runs, capsys):
    studio_command((runs / "cat",), port=0, check=True)
    assert "would start on http://127.0.0.1:" in capsys.readouterr().out


def test_a_port_in_use_is_said_in_one_line(runs):
    with server.bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LimnerError, match=f"cannot listen on 127.0.0.1, port {port}"):
            studio_command((runs / "cat",), port=port, check=True)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_there_is_not_is_said_in_one_line(port):
    with pytest.raises(LimnerError, match=f"--port is {port}: it must be from 0 to 65535"):
        server.bind("127.0.0.1", port)


def test_a_host_that_is_no_name_is_said_in_one_line():
    with pytest.raises(LimnerError, match=r"cannot listen on a\.\.b, port 0 .*another --host"):
        server.bind("a..b", 0)


def test_without_its_packages_the_command_says_what_to_install(runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    monkeypatch.delitem(sys.modules, "limner.studio.server")
    monkeypatch.delattr(limner.studio, "server")
    with pytest.raises(LimnerError, match=r"\(fastapi\): .*pip install '\.\[studio\]'"):
        studio_command((runs / "cat",), check=True)


def test_without_a_run_the_newest_finished_one_is_met_first(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "SHELF", tmp_path)  # as if no model had come with the package
    with pytest.raises(LimnerError, match=r"no finished run under .*: make one .* `limner demo`"):
        models.find_models((), beneath=tmp_path)
    for n, name in enumerate(["old", "new"]):
        weights = make_run(tmp_path / name).weights
        os.utime(weights, (n, n))
    make_run(tmp_path / "half", finished=False)
    assert list(models.find_models((), beneath=tmp_path)) == ["new", "old"]


def test_a_place_without_runs_is_refused(tmp_path):
    with pytest.raises(LimnerError, match="neither a run folder nor a folder of runs"):
        models.find_models((tmp_path,))


def test_pictures_are_finished_and_interpolated_on_the_command_line(runs, tmp_path):
    for n in range(2):
        ink = rasterise([doodle("cat", n)])[0]
        Image.fromarray(255 - ink).save(tmp_path / f"{n}.png")
    first, second = tmp_path / "0.png", tmp_path / "1.png"
    way = draw.interpolate(runs / "cat", first, second, num=3, out=tmp_path / "way")
    ends = draw.complete(runs / "cat", first, num=8, out=tmp_path / "ends")
    names = ["final.png", "steps.png", "drawings.gif", "windows.svg", "drawings.npz"]
    assert way == [tmp_path / "way" / name for name in names]
    assert ends == [tmp_path / "ends" / name for name in names]
    assert all(path.stat().st_size for path in way + ends)
    with pytest.raises(LimnerError, match="--num is 1"):
        draw.interpolate(runs / "cat", first, second, num=1)
