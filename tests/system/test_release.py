"""What a release consists of: built, installed by itself, and used."""

import email
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["version"]
FONTS = {"dejavu-sans-license.txt", "newsreader-OFL.txt"}


def run(*command: object, cwd: Path) -> str:
    """What a command prints, which must succeed; skips where it could not install packages."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode and re.search(r"from versions: none|NewConnectionError|timed out", said):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, said
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the source archive, and the wheel that was built from it."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, REPOSITORY, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The Python of an environment that has the wheel, and what it asks for, alone."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    constraints = REPOSITORY / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=folder)
    return python


def test_the_wheel_is_small_and_has_what_a_user_needs(wheel):
    assert wheel.stat().st_size < 20_000_000
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    roots = {name.split("/")[0] for name in names}
    assert roots == {"limner", f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"}
    assert {"limner/py.typed", "limner/pretrained/cat/model.safetensors"} <= set(names)
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_metadata_hold_the_licences_and_a_readme_without_dead_links(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(path))
        licences = {Path(name).name for name in archive.namelist() if "/licenses/" in name}
    assert licences == {"LICENSE"} | FONTS
    assert metadata["Version"] == VERSION
    text = metadata.get_payload(decode=True).decode()
    assert text.startswith("# limner\n\n**limner is DRAW")
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert "Green: where it reads" not in text, "the caption of an image that is not there"


def test_the_source_archive_has_the_tests_and_the_licences(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"LICENSE", "CITATION.cff", "tests/conftest.py", "constraints-oldest.txt"} <= names
    assert {name.rsplit("/")[-1] for name in names} >= FONTS


def test_what_was_installed_loads_draws_and_measures(installed, tmp_path):
    code = "import limner; print(limner.load('cat').sample(2, seed=1).probabilities.shape)"
    assert run(installed, "-c", code, cwd=tmp_path) == "(32, 2, 1, 28, 28)\n"
    assert run(installed, "-m", "limner", "--version", cwd=tmp_path) == f"limner {VERSION}\n"


def test_a_type_checker_knows_the_types_of_what_was_installed(installed, tmp_path):
    pytest.importorskip("pyright")
    example = tmp_path / "example.py"
    example.write_text((REPOSITORY / "tests" / "public_types.py").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", installed, example.name]
    assert run(*command, cwd=tmp_path).startswith("0 errors")
