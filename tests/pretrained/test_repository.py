"""Models in repositories: shared and loaded, told from paths, and nothing of them believed."""

import dataclasses
import json
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
import safetensors
import yaml
from commands import fails
from hub_server import TOKEN, hub_server
from runs import make_run

import limner
from limner.cli.main import main
from limner.config import DataConfig
from limner.data.dataset import open_dataset
from limner.errors import LimnerError
from limner.pretrained.export import export
from limner.pretrained.hub import find, read_card
from limner.pretrained.lineage import record_start
from limner.pretrained.repository import FILES, Repository, name_of, repository_of
from limner.run import Run
from limner.system.checksums import with_checksum

pytest.importorskip("huggingface_hub", reason="the extra hub is not installed")
# The hub's client uploads large files in a way that its HTTP library calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on this machine, for a user with a token and an empty cache, in an empty folder."""
    from huggingface_hub import constants

    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with hub_server() as hub:
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        settings = {
            "ENDPOINT": hub.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": template,
            "HF_HUB_CACHE": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_XET": True,
            "HF_HUB_OFFLINE": False,
        }
        for name, value in settings.items():
            monkeypatch.setattr(constants, name, value)
        yield hub


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    """An exported model."""
    run = make_run(tmp_path_factory.mktemp("runs") / "kitten")
    folder = tmp_path_factory.mktemp("shared") / "kitten"
    export(run, folder, open_dataset(run.config.data), title="Kittens")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def offline(monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def refusal(name: str) -> str:
    """The one line that loading ends in."""
    with pytest.raises(LimnerError) as caught:
        assert limner.load(name).card
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "cat",
        "me/cat/figures",
        "./me/cat",
        "../cat",
        "/runs/cat",
        "~/cat",
        "C:/runs",
        r"C:\runs\cat",
        r"runs\cat",
        "me.you/cat",
        "me/.cat",
        "me/-cat",
        "me/cat.",
        "me/ca..t",
        "me/ca--t",
        "me/cat.git",
        "me/cat@",
        "me/cat@../../etc",
        "me/cat@-rf",
        "me/cat@/etc",
        "me/cat@a@b",
        "me/cat main",
        "me/cät",
        "me/cat\n",
        "https://huggingface.co/me",
        "https://huggingface.co/spaces/me/cat",
        "https://huggingface.co/me/cat/blob/main/README.md",
        "https://example.org/me/cat",
        f"{'m' * 97}/cat",
        "",
    ],
)
def test_a_name_that_no_repository_has_is_a_path(name):
    assert Repository.named(name) is None
    assert repository_of(name) is None


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        ("https://huggingface.co/me/cat", ("me/cat", None)),
        ("https://huggingface.co/me/cat/", ("me/cat", None)),
        ("https://huggingface.co/me/cat/tree/main", ("me/cat", "main")),
        ("https://huggingface.co/me/cat/tree/refs/pr/1", ("me/cat", "refs/pr/1")),
        ("https://hf.co/me/cat@v1", ("me/cat", "v1")),
    ],
)
def test_the_address_of_a_repository_means_the_repository(address, repository):
    assert repository_of(address) == repository_of(Path(address)) == repository


def test_a_repository_is_known_by_its_name_unless_a_folder_is_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert repository_of("me/cat") == repository_of(Path("me/cat")) == ("me/cat", None)
    assert repository_of("a-b_c/cat-v1.0@v2.1") == ("a-b_c/cat-v1.0", "v2.1")
    assert repository_of("me/cat@refs/pr/1") == ("me/cat", "refs/pr/1")
    Path("me").mkdir()
    assert repository_of("me/cat") is None
    with pytest.raises(LimnerError, match="me/cat is not a run folder"):
        limner.load("me/cat")


def test_a_run_folder_wins_over_a_repository(hub, shared):
    hub.add("me/kitten", {})
    make_run(Path("me/kitten"), seed=3)
    assert limner.load("me/kitten").card is None
    assert hub.asked == []


def test_a_repository_is_loaded_like_a_folder_and_only_its_model_is_fetched(hub, shared):
    more = {"pytorch_model.bin": b"\x80\x04", "setup.py": b"", "figures/a.png": b""}
    hub.add("me/kitten", files_of(shared) | more)
    loaded, there = limner.load("me/kitten"), limner.load(shared)
    assert loaded.name == "me/kitten"
    assert loaded.card == there.card
    np.testing.assert_array_equal(loaded.sample(3).canvases, there.sample(3).canvases)
    fetched = {line.rpartition("/")[2] for line in hub.asked if line.startswith("GET /me/")}
    assert fetched == {*FILES}
    assert find("me/kitten").figures == Path("limner-kitten")


def test_a_second_load_asks_only_for_the_newest_commit(hub, shared):
    hub.add("me/kitten", files_of(shared))
    limner.load("me/kitten")
    hub.asked.clear()
    limner.load("me/kitten")
    assert hub.asked == ["HEAD /", "GET /api/models/me/kitten/revision/main"]


def test_a_revision_is_a_tag_or_a_commit_and_the_newest_is_taken_without_one(hub, shared, tmp_path):
    repo = hub.add("me/kitten", files_of(shared))
    first, _ = repo.commits[0]
    repo.tags["v1"] = first
    other = make_run(tmp_path / "other", seed=5)
    export(other, tmp_path / "kitten", open_dataset(other.config.data))
    repo.commit(files_of(tmp_path / "kitten"))

    def weights(name):
        return np.asarray(limner.load(name).model.encoder.weight)

    old, new = weights(shared), weights(tmp_path / "kitten")
    assert not np.array_equal(old, new)
    np.testing.assert_array_equal(weights("me/kitten"), new)
    np.testing.assert_array_equal(weights("me/kitten@v1"), old)
    np.testing.assert_array_equal(weights(f"me/kitten@{first}"), old)
    assert find("me/kitten@v1").name == "me/kitten@v1"


def test_what_was_loaded_once_is_loaded_without_a_connection(hub, shared, monkeypatch):
    hub.add("me/kitten", files_of(shared))
    limner.load("me/kitten")
    offline(monkeypatch)
    hub.asked.clear()
    assert limner.load("me/kitten").card.title == "Kittens"
    assert hub.asked == []
    said = refusal("me/other")
    assert said.startswith(
        "me/other is neither a folder here nor in the hub's cache, and HF_HUB_OFFLINE"
    )
    assert "load it once with a connection" in refusal("me/kitten@v9")


def test_a_hub_that_cannot_be_reached_is_said(shared, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    closed = "http://127.0.0.1:9/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", closed)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    assert "and the hub cannot be reached: load it once" in refusal("me/kitten")


def test_a_missing_private_or_gated_repository_or_revision_is_said(hub, shared, monkeypatch):
    hub.add("me/kitten", files_of(shared))
    hub.add("you/secret", files_of(shared), private=True)
    hub.add("you/gated", files_of(shared), gated=True)
    neither = "is neither a folder here nor a repository on the Hugging Face hub that you may read"
    assert f"me/kiten {neither}" in refusal("me/kiten")
    assert f"you/secret {neither}" in refusal("you/secret")
    assert "you/gated is given only to who asked for it" in refusal("you/gated")
    said = refusal("me/kitten@v2")
    assert "me/kitten has no revision v2: name a branch, a tag or a commit" in said
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "log in with `hf auth login`" in refusal("me/kiten")


def test_of_a_foreign_repository_no_weights_are_fetched(hub, shared):
    weights = {"model.safetensors": (shared / "model.safetensors").read_bytes()}
    foreign = json.dumps({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}).encode()
    hub.add("other/bare", {"README.md": b"nothing", **weights})
    hub.add("other/gpt", {"config.json": foreign, **weights})
    assert "other/bare is not a model of limner: it has no config.json" in refusal("other/bare")
    assert "other/gpt is not a model of limner: another program made it" in refusal("other/gpt")
    assert not any("model.safetensors" in line for line in hub.asked)


def test_a_damaged_file_is_named_with_what_would_mend_it(hub, shared, tmp_path):
    whole = files_of(shared)
    weights = bytearray(whole["model.safetensors"])
    weights[-3] ^= 1
    damaged = {
        "a/weights": {"model.safetensors": bytes(weights)},
        "a/short": {"model.safetensors": bytes(weights[:-9])},
        "a/config": {"config.json": whole["config.json"].replace(b"16", b"17", 1)},
        "a/json": {"config.json": b"{"},
        "a/card": {"card.json": whole["card.json"].replace(b"Kittens", b"Kitten!")},
    }
    for name, files in damaged.items():
        hub.add(name, whole | files)
        said = refusal(name)
        assert said.startswith(f"{name} is damaged (")
        assert f"delete {tmp_path / 'cache' / ('models--' + name.replace('/', '--'))} to" in said
    lacking = {name: content for name, content in whole.items() if name != "model.safetensors"}
    hub.add("a/half", lacking)
    assert "a/half is not a whole model: it lacks model.safetensors" in refusal("a/half")


def test_damage_in_the_cache_is_mended_as_the_line_says(hub, shared, tmp_path):
    hub.add("me/kitten", files_of(shared))
    path = find("me/kitten").weights.resolve()
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    folder = refusal("me/kitten").partition("delete ")[2].partition(" to fetch")[0]
    shutil.rmtree(folder)
    assert limner.load("me/kitten").card.title == "Kittens"


def test_a_pickle_in_place_of_weights_is_not_opened(hub, shared, tmp_path):
    trap = b"cos\nsystem\n(S'touch " + str(tmp_path / "trapped").encode() + b"'\ntR."
    hub.add("a/trap", files_of(shared) | {"model.safetensors": trap})
    assert "a/trap is damaged" in refusal("a/trap")
    assert not (tmp_path / "trapped").exists()


def test_a_repository_that_names_paths_of_a_machine_is_refused(hub, shared):
    config = Run.open(shared).config
    for number, data in enumerate(
        (
            DataConfig(name="images", path=Path("/etc")),
            DataConfig(name="images", path=Path("../secret")),
            DataConfig(name="quickdraw", root=Path("/etc")),
        )
    ):
        text = with_checksum(dataclasses.replace(config, data=data).to_fields())
        hub.add(f"a/path-{number}", files_of(shared) | {"config.json": text.encode()})
        assert "it names a path of a machine" in refusal(f"a/path-{number}")


def test_a_key_of_a_newer_version_says_to_upgrade_limner(hub, shared):
    whole = files_of(shared)
    config, card = json.loads(whole["config.json"]), json.loads(whole["card.json"])
    config["model"]["wings"], config["limner"] = 2, "9.1.0"
    card["wings"], card["training"]["versions"]["limner"] = 2, "9.1.0"
    for name, fields in {"config.json": config, "card.json": card}.items():
        content = with_checksum(fields).encode()
        hub.add(f"a/newer-{name[:4]}", whole | {name: content})
        said = refusal(f"a/newer-{name[:4]}")
        assert "(written by limner 9.1.0, this is 0.1.0: upgrade limner)" in said
        assert "wings" in said


def test_a_model_is_pushed_in_one_commit_and_comes_back(hub, kitten, capsys):
    options = ["--out", "kitten", "--push", "me/kitten", "--private", "--license", "cc0-1.0"]
    main(["export", str(kitten.folder), *options])
    repo = hub.repos["me/kitten"]
    assert repo.private
    ((commit, files),) = repo.commits
    assert f"uploaded: {hub.url}/me/kitten/commit/{commit}" in capsys.readouterr().out
    here = files_of(Path("kitten"))
    assert {*files} == {*here} == {*FILES}
    assert all(files[name] == here[name] for name in {*FILES} - {"README.md"})
    assert files["README.md"].startswith(here["README.md"])
    assert b'limner.load("me/kitten")' in files["README.md"]
    loaded = limner.load("me/kitten")
    assert loaded.card == read_card(Path("kitten"))


def test_an_exported_folder_is_pushed_as_it_is_and_again(hub, shared, capsys):
    main(["export", str(shared), "--push", "me/kitten"])
    main(["export", str(shared), "--push", "me/copy"])
    main(["export", "me/kitten", "--push", "me/copy"])
    copy = hub.repos["me/copy"].commits[-1][1]["README.md"].decode()
    assert copy.count("limner.load(") == 1
    assert 'limner.load("me/copy")' in copy
    assert not hub.repos["me/copy"].private


def test_pushing_that_cannot_work_is_refused_before_anything_is_done(
    hub, kitten, capsys, monkeypatch
):
    run = kitten.folder

    def refused(*options):
        said = fails(capsys, "export", run, *options)
        assert hub.repos == {}
        return said

    out = ("--out", "kitten")
    for name in ("kitten", "me/kitten@v1", "../me/kitten", "me/-kitten"):
        assert f"--push {name} is not a repository" in refused(*out, "--push", name)
    assert "--private needs --push" in refused(*out, "--private")
    assert "--out is missing" in refused("--push", "me/kitten")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "log in with `hf auth login`" in refused(*out, "--push", "me/kitten")
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "none")
    assert "does not know who you are" in refused(*out, "--push", "me/kitten")
    offline(monkeypatch)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert "HF_HUB_OFFLINE is set" in refused(*out, "--push", "me/kitten")
    assert not Path("kitten").exists()


def test_a_repository_of_somebody_else_is_not_written(hub, kitten, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["export", str(kitten.folder), "--out", "kitten", "--push", "you/kitten"])
    said = capsys.readouterr().err.splitlines()[-1]
    assert "the Hugging Face hub refuses you/kitten (HTTP 403): log in with" in said
    assert {path.name for path in Path("kitten").iterdir()} == {*FILES}


def test_commands_take_a_repository(hub, shared, capsys):
    hub.add("me/kitten", files_of(shared))
    main(["sample", "me/kitten", "--num", "2"])
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.parent for path in paths} == {Path("limner-kitten/samples")}
    main(["evaluate", "me/kitten", "--check"])
    assert "as on the card" in capsys.readouterr().out
    assert "exported model" in fails(capsys, "curves", "me/kitten")
    assert "me/kiten is neither" in fails(capsys, "sample", "me/kiten")


def test_a_training_that_starts_from_a_repository_says_so_on_its_card(hub, shared, tmp_path):
    hub.add("me/kitten", files_of(shared))
    config = Run.open(shared).config
    train = dataclasses.replace(config.train, start_from=find("me/kitten").folder)
    run = make_run(tmp_path / "later")
    later = Run(run.folder, dataclasses.replace(run.config, train=train))
    record_start(later)
    card = export(later, Path("later"), open_dataset(config.data))
    commit = hub.repos["me/kitten"].commits[0][0]
    assert f"--train.start-from me/kitten@{commit[:10]}" in card.training.command
    assert card.training.before.command.endswith(f"--out me/kitten@{commit[:10]}")
    assert name_of(Path("runs/cat")) == "cat"


def test_without_the_extra_a_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    said = refusal("me/kitten")
    assert said.startswith("me/kitten is not a folder here; as a Hugging Face repository it needs")
    assert "limner with its extra, as in pip install '.[hub]'" in said


def test_the_readme_is_a_model_card_that_the_hub_reads(shared):
    from huggingface_hub import ModelCard

    found = read_card(shared).evaluation
    card = ModelCard.load(shared / "README.md")
    data = card.data
    assert (data.library_name, data.license) == ("limner", "apache-2.0")
    assert data.pipeline_tag == "unconditional-image-generation"
    assert data.model_name == "kitten"
    values = {result.metric_type: result.metric_value for result in data.eval_results}
    assert values["bound"] == pytest.approx(found.bound, abs=1e-4)
    assert values["bound_standard_error"] == pytest.approx(found.stderr, abs=1e-4)
    assert all(result.dataset_split == "test" for result in data.eval_results)
    assert "![Samples from the prior](samples.png)" in card.text


def test_the_front_matter_holds_any_title_and_no_licence_of_own_images(shared):
    from limner.pretrained.readme import readme

    card = read_card(shared)
    own = dataclasses.replace(
        card,
        name='a "b": c #d',
        class_conditional=True,
        evaluation=dataclasses.replace(card.evaluation, data="images"),
    )
    fields = yaml.safe_load(readme(own).split("---\n")[1])
    assert fields["model-index"][0]["name"] == 'a "b": c #d'
    assert "class-conditional" in fields["tags"]
    assert "license" not in fields
    assert yaml.safe_load(readme(own, "cc0-1.0").split("---\n")[1])["license"] == "cc0-1.0"
    quickdraw = dataclasses.replace(
        card, evaluation=dataclasses.replace(card.evaluation, data="quickdraw")
    )
    assert yaml.safe_load(readme(quickdraw).split("---\n")[1])["datasets"] == ["google/quickdraw"]


def test_the_weights_say_what_wrote_them(shared):
    with safetensors.safe_open(shared / "model.safetensors", "numpy") as file:
        said = file.metadata()
    assert said["format"] == "limner"
    assert said["limner"] == "0.1.0"
    assert said["title"] == "Kittens"


def test_a_hub_that_does_not_answer_is_not_waited_for(hub, shared, capsys, monkeypatch):
    monkeypatch.setattr("limner.pretrained.repository._PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        assert "the hub cannot be reached: load it once" in refusal("me/kitten")
        said = fails(capsys, "export", shared, "--push", "me/kitten")
        assert "it does not answer" in said
