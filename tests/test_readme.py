"""What the README says works, and every link in it and in the docs leads somewhere."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from limner.cli.main import COMMANDS
from limner.data.doodles.doodles import Doodles
from limner.pretrained.hub import names

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
LIBRARY = (REPOSITORY / "docs" / "library.md").read_text()
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("code", [*blocks("python"), *blocks("python", LIBRARY)])
def test_a_python_block_runs(code, tmp_path, monkeypatch):
    for name in re.findall(r'limner.load\("(.*?)"\)', code):
        if name not in names():
            pytest.skip(f"{name} did not come with the package")
    monkeypatch.chdir(tmp_path)
    np.save("drawings.npy", Doodles.of("cat", 40).levels(np.arange(40))[:, 0])
    shorter = re.sub(r"steps=\d{3,}", "steps=2", code)  # updates; minutes otherwise
    exec(compile(shorter, "README.md", "exec"), {})
    named = set(re.findall(r'\.save\("(.*?)"\)', shorter))
    assert named <= {path.name for path in tmp_path.iterdir()}


def test_every_command_shown_exists():
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("limner")]
    assert len(commands) >= 5
    for _, *words in commands:
        is_preset = words[0] == "train" and not words[1].startswith("-")
        assert " ".join(words[: 2 if is_preset or words[0] == "data" else 1]) in COMMANDS


def test_the_second_command_is_what_ci_runs():
    script = (REPOSITORY / ".ci" / "run").read_text()
    (line,) = [line for block in blocks("sh") for line in block.splitlines() if "pytest" in line]
    for part in line.split(" && ")[1:]:
        assert part.replace(".venv/bin/", "") in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_linked_is_there(page):
    for link in re.findall(r"\]\(((?!http|#)[^)]+)\)", page.read_text()):
        assert (page.parent / link.split("#")[0]).is_file(), link
