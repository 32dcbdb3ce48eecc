"""The studio as a set of files: what the page is told, names, links; and writing it."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import numpy as np
import pytest
import safetensors.numpy
from commands import fails
from node_process import NODE, needs_node
from runs import give_ink, make_run

from limner.cli.main import main
from limner.config import changed
from limner.data.dataset import DIGITS, open_dataset
from limner.data.rasteriser import rasterise
from limner.errors import LimnerError
from limner.evaluation.bound import bound_quantiles
from limner.evaluation.measure import estimate, one_sample
from limner.pretrained import hub
from limner.pretrained.hub import find
from limner.run import Run
from limner.studio import site as site_module
from limner.studio.models import find_models
from limner.studio.site import _COMMENT, IMMUTABLE, build_site, export_site

MOST_SHELL_BYTES = 400_000
STATIC = Path(site_module.__file__).parent / "static"
EXAMPLES = json.loads(STATIC.with_name("examples.json").read_text())


@pytest.fixture(scope="module")
def shipped() -> dict[str, bytes]:
    """The site of all shipped models, as it is exported."""
    return build_site({name: find(Path(name)) for name in hub.names()}, offline=True)


def listed(site: dict[str, bytes]) -> dict[str, dict]:
    return {model["name"]: model for model in json.loads(site["models.json"])["models"]}


def links(page: bytes) -> list[str]:
    return re.findall(r'(?:href|src)="([^"#?][^"]*)"', page.decode())


def test_the_page_is_told_of_each_model_what_it_needs(shipped):
    models = listed(shipped)
    assert list(models) == hub.names()
    sketches, cat = models["sketches"], models["cat"]
    assert cat.keys() == {
        "name", "weights", "bytes", "model", "categories", "conditional", "binarisation",
        "protocol", "framing", "draws", "quantiles", "ink", "card",
    }  # fmt: skip
    config = json.loads((hub.SHELF / "cat" / "config.json").read_text())
    assert cat["model"] == config["model"]
    assert (cat["categories"], cat["conditional"]) == (["cat"], False)
    assert len(sketches["categories"]) == sketches["model"]["num_categories"] == 36
    assert sketches["conditional"]
    assert (cat["binarisation"], models["mnist"]["binarisation"]) == ("grey", "static")
    assert all(model["draws"] for model in models.values())
    assert [name for name, model in models.items() if model["framing"] == "mnist"] == ["mnist"]
    assert all(model["framing"] in ("mnist", "quickdraw") for model in models.values())
    assert cat["card"]["words"].startswith("Cats, drawn by people for Quick, Draw! Data: ")
    assert "CC BY 4.0" in cat["card"]["words"]
    card = hub.read_card(hub.SHELF / "cat")
    assert card is not None
    found = card.evaluation
    assert ["bound", f"{found.bound:.2f} ± {found.stderr:.2f} nats"] in cat["card"]["facts"]


def test_weights_are_sent_as_they_lie_on_disk(shipped):
    for name, model in listed(shipped).items():
        content = shipped[model["weights"]]
        assert content == (hub.SHELF / name / "model.safetensors").read_bytes()
        assert model["bytes"] == len(content)
        assert re.fullmatch(rf"models/{name}-[0-9a-f]{{10}}\.safetensors", model["weights"])


def test_quantiles_of_shipped_models_are_in_order_and_bracket_the_mean(shipped):
    for name, model in listed(shipped).items():
        card = hub.read_card(hub.SHELF / name)
        assert card is not None
        bounds = {name: card.evaluation.bound}
        if model["conditional"]:
            bounds = {name: of.bound for name, of in card.evaluation.by_category.items()}
        sets = model["quantiles"] if model["conditional"] else {name: model["quantiles"]}
        assert sets.keys() == bounds.keys()
        for key, quantiles in sets.items():
            assert len(quantiles) == 101
            assert quantiles == sorted(quantiles)
            # The mean lies within what the hundredths allow for it.
            assert np.mean(quantiles[:-1]) - 0.1 <= bounds[key] <= np.mean(quantiles[1:]) + 0.1


def test_quantiles_are_those_of_the_bounds_of_single_images(pair):
    run, card = Run.open(pair), hub.read_card(pair)
    assert card is not None
    dataset = open_dataset(run.config.data)
    images = dataset.split("test")
    measure = one_sample(run.config.model.num_steps, "honest")
    model = run.load_model()
    losses = estimate(measure, model, images, binarisation="grey", seed=0)
    bounds = np.sort(losses.bound[images.categories(np.arange(len(images))) == 1])
    quantiles = card.quantiles["dog"]
    assert card.quantiles.keys() == {"cat", "dog"}
    assert quantiles[0] == pytest.approx(bounds[0], abs=0.05001)
    assert quantiles[-1] == pytest.approx(bounds[-1], abs=0.05001)
    # The 25th of 4 bounds lies three quarters of the way from the first to the second.
    assert len(bounds) == 4
    between = bounds[0] + 0.75 * (bounds[1] - bounds[0])
    assert quantiles[25] == pytest.approx(between, abs=0.05001)
    assert bound_quantiles(np.float32([7.26])) == (7.3,) * 101


def test_the_factor_for_ink_is_that_of_the_card(pair, tmp_path):
    folder = Path(shutil.copytree(pair, tmp_path / "judged"))
    give_ink(folder, 2.5)
    models = listed(build_site({"judged": Run.open(folder), "pair": Run.open(pair)}))
    assert (models["judged"]["ink"], models["pair"]["ink"]) == (2.5, None)


def test_a_run_is_told_without_percentiles(tmp_path):
    run = make_run(tmp_path / "my cat & me", channels=3)
    (model,) = listed(build_site({run.name: run})).values()
    assert model["name"] == "my cat & me"
    assert model["weights"].startswith("models/my-cat-me-")
    assert model["quantiles"] is None
    assert model["card"]["words"] == "A run on doodles: cat."
    assert ["bound, validation", "205.00 nats"] in model["card"]["facts"]
    assert not model["draws"]


def test_a_category_that_cannot_be_known_is_none(tmp_path):
    run = make_run(tmp_path / "own")
    data = dataclasses.replace(run.config.data, name="images", path=tmp_path / "gone")
    data = dataclasses.replace(data, categories=())
    moved = dataclasses.replace(run, config=dataclasses.replace(run.config, data=data))
    site = build_site({"own": moved})
    assert listed(site)["own"]["categories"] == []
    assert json.loads(site["examples.json"]) == {}


def test_every_category_of_a_shipped_model_has_an_example(shipped):
    examples = json.loads(shipped["examples.json"])
    models = listed(shipped).values()
    assert examples.keys() == {name for model in models for name in model["categories"]}
    assert examples.keys() <= EXAMPLES.keys()
    assert set(DIGITS) <= EXAMPLES.keys()


@pytest.mark.parametrize("category", EXAMPLES)
def test_an_example_is_strokes_that_can_be_drawn(category):
    strokes = EXAMPLES[category]
    for x, y in strokes:
        assert len(x) == len(y) >= 2
        assert all(isinstance(each, int) and 0 <= each <= 255 for each in (*x, *y))
    ink = (rasterise([[np.array(stroke) for stroke in strokes]])[0] > 127).mean()
    assert 0.03 < ink < 0.5


def test_a_site_says_the_same_each_time(shipped):
    again = build_site({name: find(Path(name)) for name in hub.names()}, offline=True)
    assert again == shipped


def test_links_are_relative_and_lead_to_files(shipped):
    for link in links(shipped["index.html"]):
        assert not urlsplit(link).scheme
        assert not link.startswith("/")
        assert link in shipped
    for path, content in shipped.items():
        if not path.endswith((".js", ".css")):
            continue
        found = re.findall(r'(?:from|import|url\(|new URL\() ?"(.+?)"', content.decode())
        for link in found:
            if not link.startswith("data:"):
                assert urljoin(f"http://host/{path}", link).removeprefix("http://host/") in shipped
    assert "assets" not in links(build_site({})["index.html"])


def test_nothing_is_loaded_from_elsewhere(shipped):
    for path, content in shipped.items():
        if path.endswith((".html", ".js", ".css")):
            text = content.decode().replace("http://www.w3.org/", "")
            for foreign in ("http:", "https:", "src=//", "url(//"):
                assert foreign not in text, path


def test_the_policy_allows_only_the_sites_own_files(shipped):
    page = shipped["index.html"].decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for kind in ("script-src", "worker-src", "style-src", "font-src", "connect-src"):
        assert rules[kind] == "'self'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    # It comes before all that it is about, and forbids what stands in the page itself.
    assert page.index("Content-Security-Policy") < page.index("<link")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)


def test_the_shell_is_small(shipped):
    shell = sum(len(file) for path, file in shipped.items() if not path.startswith("models/"))
    assert shell < MOST_SHELL_BYTES


@needs_node
@pytest.mark.parametrize(
    ("protocol", "noise"), [("honest", ""), ("as-published", ", new noise at every step")]
)
def test_a_caption_says_where_the_noise_is_not_that_of_training(protocol, noise, tmp_path):
    run = make_run(tmp_path / "kitten")
    config = changed(run.config, {"train.protocol": protocol})
    model = listed(build_site({"kitten": dataclasses.replace(run, config=config)}))["kitten"]
    script = f"""
import {{ caption }} from {json.dumps((STATIC / "words.js").as_uri())};
const settings = {{ numSteps: 4, category: "", seed: 3 }};
console.log(caption("samples", {json.dumps(model)}, settings));
"""
    said = subprocess.run(
        [NODE, "--input-type=module", "-e", script], capture_output=True, text=True
    )
    assert said.stdout == f"Samples from the prior · kitten, T = 4, seed 3{noise}\n", said.stderr


@needs_node
def test_scripts_lose_their_comments_and_nothing_else(shipped, tmp_path):
    for path, content in shipped.items():
        if not path.endswith(".js"):
            continue
        script = tmp_path / f"{path.replace('/', '-')}.mjs"
        script.write_bytes(content)
        checked = subprocess.run([NODE, "--check", script], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        source = STATIC / path.split("/", 1)[-1]
        left = [line for line in content.decode().splitlines() if line not in source.read_text()]
        assert left == [line for line in left if line.startswith("const SHELL")]
    short = _COMMENT.sub("", "/** one\n * two */\n// three\n  a(/** @type {b} */ (c));\n/*! d */\n")
    assert short == "  a(/** @type {b} */ (c));\n/*! d */\n"
    assert (
        _COMMENT.sub("", "/** @type {a} */ (b);\nc;\n/** d */\n") == "/** @type {a} */ (b);\nc;\n"
    )


def test_a_changed_asset_changes_the_name_of_their_folder(tmp_path, monkeypatch):
    before = build_site({})
    for name in ("static", "examples.json"):
        (tmp_path / name).symlink_to(STATIC.with_name(name))
    monkeypatch.setattr(site_module, "_STUDIO", tmp_path)
    assert build_site({}) == before
    (tmp_path / "static").unlink()
    for path in STATIC.rglob("*"):
        if path.is_file():
            copy = tmp_path / "static" / path.relative_to(STATIC)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes() + (b"\n" if path.name == "style.css" else b""))
    after = build_site({})
    assets = {path for path in before if path.startswith("assets-")}
    assert assets.isdisjoint(after)
    assert {path.split("/", 1)[1] for path in assets} == {
        path.split("/", 1)[1] for path in after if path.startswith("assets-")
    }


def test_only_an_exported_site_has_a_service_worker(shipped):
    here = build_site({})
    assert "sw.js" not in here
    assert not any("offline.js" in link for link in links(here["index.html"]))
    assert any(link.endswith("/offline.js") for link in links(shipped["index.html"]))
    (shell,) = re.findall(r"^const SHELL = (\[.*?\]);", shipped["sw.js"].decode(), re.MULTILINE)
    assets = [path for path in shipped if path.startswith("assets-")]
    assert json.loads(shell) == ["./", "models.json", "examples.json", *assets]


def test_names_with_a_hash_are_those_that_never_change(shipped):
    others = {path for path in shipped if not IMMUTABLE.fullmatch(path)}
    assert others == {"index.html", "models.json", "examples.json", "sw.js"}


# --- writing it ---------------------------------------------------------------------------------


def files_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_an_export_is_the_site_and_says_how_to_serve_it(exported, tmp_path, capsys):
    main(["studio", "kitten", "--export", str(tmp_path / "deep" / "site")])
    said = capsys.readouterr().out
    assert "with kitten" in said
    assert f"python -m http.server --bind 127.0.0.1 --directory {tmp_path / 'deep'}" in said
    expected = build_site(find_models((Path("kitten"),)), offline=True)
    assert files_of(tmp_path / "deep" / "site") == expected
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["site"]
    assert safetensors.numpy.load(expected[listed(expected)["kitten"]["weights"]])


def test_an_export_takes_the_place_of_an_earlier_one(tmp_path):
    first, second = make_run(tmp_path / "a", seed=1), make_run(tmp_path / "b", seed=2)
    out = tmp_path / "site"
    out.mkdir()
    for runs in ({"a": first, "b": second}, {"b": second}):
        site = build_site(runs, offline=True)
        export_site(site, out)
        assert files_of(out) == site
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["README.md", ".git/HEAD", "models/notes.txt", "assets-mine/a.js"])
def test_a_folder_with_anything_else_in_it_is_left_as_it_is(tmp_path, name):
    out = tmp_path / "site"
    site = build_site({}, offline=True)
    export_site(site, out)
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    with pytest.raises(LimnerError, match=rf"holds more than an earlier export \({name}\)"):
        export_site(site, out)
    assert files_of(out) == site | {name: b"mine"}


def test_what_cannot_be_exported_to_is_refused_before_anything_is_read(
    tmp_path, capsys, monkeypatch
):
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path)
    assert "is a file" in fails(capsys, "studio", "zebra", "--export", "file")
    assert "is the current folder" in fails(capsys, "studio", "zebra", "--export", ".")
    monkeypatch.chdir("/")
    assert "holds more" in fails(capsys, "studio", "zebra", "--export", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_export_that_fails_leaves_the_earlier_one(tmp_path):
    out = tmp_path / "site"
    site = build_site({}, offline=True)
    export_site(site, out)
    blocked = site | {"index.html/not-a-folder": b""}
    with pytest.raises(LimnerError, match="cannot be written"):
        export_site(blocked, out)
    assert files_of(out) == site
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_check_of_an_export_writes_nothing(exported, tmp_path, capsys):
    main(["studio", "--export", str(tmp_path / "site"), "--check"])
    assert f"would be written to {tmp_path / 'site'} with kitten" in capsys.readouterr().out
    assert not (tmp_path / "site").exists()


def test_damaged_weights_are_refused_in_one_line(kitten, capsys):
    content = bytearray(kitten.weights.read_bytes())
    content[-3] ^= 1
    kitten.weights.write_bytes(content)
    assert "is damaged" in fails(capsys, "studio", kitten.folder, "--check", "--port", "0")
    os.truncate(kitten.weights, 100)
    assert "cannot be read" in fails(capsys, "studio", kitten.folder, "--check", "--port", "0")
