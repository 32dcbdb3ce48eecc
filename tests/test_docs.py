"""What README and docs say works: code, commands, links, names, notebooks."""

import json
import re
import shlex
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import limner
from limner.cli.main import COMMANDS, main
from limner.cli.parse import bind
from limner.data.doodles.doodles import Doodles
from limner.errors import LimnerError
from limner.pretrained.hub import names
from limner.training.state import check_start

REPOSITORY = Path(__file__).resolve().parents[1]
README, DOCS = REPOSITORY / "README.md", REPOSITORY / "docs"
NOTEBOOKS = sorted(DOCS.glob("*.ipynb"))
PAGES = [README, REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")), *NOTEBOOKS]


def cells(notebook: Path, kind: str) -> list[str]:
    found = json.loads(notebook.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


def text_of(page: Path) -> str:
    if page.suffix == ".ipynb":
        return "\n\n".join(cells(page, "markdown"))
    return page.read_text("utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


def python_blocks() -> list:
    return [
        pytest.param(code, id=f"{page.name}-{n}")
        for page in PAGES
        for n, code in enumerate(blocks(page, "python"))
    ]


@pytest.mark.parametrize("code", python_blocks())
def test_a_python_block_runs(code, tmp_path, monkeypatch, request):
    for name in re.findall(r'limner.load\("(.*?)"\)', code):
        if name not in names():
            pytest.skip(f"{name} did not come with the package")
    if re.search(r'limner\.load\("[^"]*"\)(?s:.*)\.evaluate\(\)\.', code):
        monkeypatch.setenv("LIMNER_DATA", str(request.getfixturevalue("shared_data")))
    for extra in re.findall(r"^import (wandb|trackio|tensorboardX)", code, re.MULTILINE):
        pytest.importorskip(extra, reason=f"the extra {extra.lower()} is not here")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.chdir(tmp_path)
    drawings = Doodles.of("cat", 40).levels(np.arange(40))[:, 0]
    np.save("drawings.npy", drawings)
    for part in ("train", "valid", "test"):
        np.savetxt(f"binarized_mnist_{part}.amat", drawings.reshape(40, -1) > 127, "%d")
    shorter = re.sub(r"steps=\d{3,}", "steps=2", code)  # updates; minutes otherwise
    exec(compile(shorter, "a page", "exec"), {})


def commands(page: Path) -> list[str]:
    """What follows `limner` in the commands of a page; what a column beside them says is cut."""
    text = text_of(page)
    lines = "".join(blocks(page, "sh")) + "\n".join(re.findall(r"^ {4}(limner .*)", text, re.M))
    joined = re.sub(r"\s*\\\n\s*", " ", lines)
    found = re.findall(r"^(?:srun .*|mpirun .*|.*bin/)?\blimner (.*)", joined, re.MULTILINE)
    return [re.split(r" {3,}| +#", line)[0] for line in found]


def mentions(page: Path) -> list[str]:
    """The same of commands in the text, which may lack what they need; capitals stand for it."""
    spans = [" ".join(span.split()) for span in re.findall(r"`limner ([^`]+)`", text_of(page))]
    return [span for span in spans if not re.search(r"\b[A-Z]{3,}\b", span)]


def parse(line: str) -> Callable[[], Any] | None:
    words = shlex.split(line)
    if "--help" in words:
        with suppress(SystemExit):
            main(words)
        return None
    name = next(name for n in (2, 1) if (name := " ".join(words[:n])) in COMMANDS)
    return bind(COMMANDS[name], name, words[len(name.split()) :], COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_shown_can_be_parsed(page, capsys):
    for line in commands(page):
        parse(line)
    for line in mentions(page):
        try:
            parse(line)
        except LimnerError as error:
            if not re.search("missing|required", str(error), re.IGNORECASE):
                raise
    assert not capsys.readouterr().err  # where a refused --help is said


def test_a_training_shown_that_starts_from_a_pretrained_model_has_its_sizes():
    shown = [line for page in PAGES for line in commands(page) if "--train.start-from" in line]
    configs = [call.keywords["config"] for line in shown if (call := parse(line))]
    starts = [config for config in configs if str(config.train.start_from) in names()]
    assert starts
    images = limner.Dataset.from_arrays(np.zeros((20, 28, 28), np.uint8), ["cat", "dog"] * 10)
    for config in starts:
        check_start(config, images)


def test_many_commands_are_shown():
    assert len(commands(README)) >= 12
    assert len(commands(DOCS / "data.md")) >= 5
    assert len(commands(DOCS / "distributed.md")) == 4


def test_the_second_command_is_what_ci_runs():
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    shown = "".join(blocks(README, "sh")).splitlines()
    (line,) = [line for line in shown if "pytest" in line]
    for part in line.split(" && ")[1:]:
        assert part.replace(".venv/bin/", "") in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_file_linked_is_there(page):
    for link in re.findall(r"\]\(((?!http|#)[^)]+)\)", text_of(page)):
        assert (page.parent / link.split("#")[0]).is_file(), link


def test_every_page_is_in_the_contents():
    listed = (DOCS / "index.md").read_text("utf-8").splitlines()
    for page in [*DOCS.rglob("*.md"), *NOTEBOOKS]:
        if page.name != "index.md":
            assert page.relative_to(DOCS).with_suffix("").as_posix() in listed


def test_every_public_name_is_in_the_reference():
    pages = "\n".join(page.read_text("utf-8") for page in (DOCS / "api").glob("*.md"))
    directives = r"^\.\. (?:auto\w+|py:data):: (?:limner\.)?(\w+)$"
    assert set(limner.__all__) <= set(re.findall(directives, pages, re.MULTILINE))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda page: page.name)
def test_a_notebook_is_kept_without_outputs(notebook):
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda page: page.name)
def test_the_badge_opens_the_notebook_once_it_is_public(notebook):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    (address,) = re.findall(r"\[!\[Open in Colab\]\([^)]*\)\]\((.*?)\)", text_of(notebook))
    expected = "https://colab.research.google.com/"
    if repository := project.get("urls", {}).get("Repository"):
        path = repository.removeprefix("https://github.com/").strip("/")
        expected += f"github/{path}/blob/main/docs/{notebook.name}"
    assert address == expected
