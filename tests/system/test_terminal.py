"""What a terminal can show."""

import os
import subprocess
import sys

import numpy as np
import pytest
from commands import fails
from rich.table import Table

from limner.cli.main import main
from limner.cli.terminal import console, in_braille
from limner.system.progress import progress_bar


def test_each_dot_of_braille_is_a_pixel():
    images = np.zeros((2, 5, 4))
    images[0, 0, 0] = images[0, 3, 1] = images[1, 4, 3] = 1
    # Dots 1 and 8 of the first cell; dot 4 of the last: the standard numbers them 1 2 3 7 down the
    # left side and 4 5 6 8 down the right.
    assert in_braille(images) == "⢁⠀ ⠀⠀\n⠀⠀ ⠀⠈"


def test_no_more_images_than_fit_stand_in_a_line():
    lines = in_braille(np.zeros((9, 28, 28)), columns=80).splitlines()
    assert {len(line) for line in lines} == {5 * 14 + 4}
    assert len(lines) == 7
    assert len(in_braille(np.zeros((9, 28, 28)), columns=3).splitlines()[0]) == 14


def test_brackets_and_colons_in_names_are_printed_as_they_are(capsys):
    table = Table("[b]", title="runs/q[/b]")
    table.add_row("[red]cat :cat: [/]")
    console().print(table)
    said = capsys.readouterr().out
    assert all(name in said for name in ("[b]", "runs/q[/b]", "[red]cat :cat: [/]"))


def test_brackets_in_a_data_root_are_printed_as_they_are(tmp_path, capsys):
    folder = tmp_path / "dr[red]x"
    folder.mkdir()
    main(["data", "list", "--here", "--root", str(folder)])
    assert f"in {folder}\n" in capsys.readouterr().out


def test_brackets_in_the_name_of_work_are_no_markup(capsys):
    with progress_bar("measuring q[/b]") as advance:
        advance(1, 1, "[red]done")
    said = capsys.readouterr().err
    assert "q[/b]" in said
    assert "[red]done" in said


@pytest.mark.parametrize("columns", [1, 5, 80])
def test_an_option_is_named_in_a_terminal_of_any_width(columns):
    command = [sys.executable, "-m", "limner", "sample", "cat", "--nmu", "3"]
    narrow = os.environ | {"COLUMNS": str(columns)}
    done = subprocess.run(command, capture_output=True, text=True, env=narrow, timeout=60)
    expected = "limner sample has no option --nmu: did you mean --num or --out or --num-steps?"
    assert done.stderr == f"limner: {expected}\n"


@pytest.mark.parametrize("columns", ["5", "80"])
def test_no_word_of_an_error_is_broken_by_the_width(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    word = "abcdefghij" * 15
    said = fails(capsys, "sample", "cat", "--num", word)
    assert said == f"limner: limner sample: --num: '{word}' is not a whole number"
    assert os.environ["COLUMNS"] == columns


def test_help_and_tables_are_readable_in_a_narrow_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "1")
    with pytest.raises(SystemExit):
        main(["sample", "--help"])
    assert "--temperature" in capsys.readouterr().out
    main(["models"])
    main(["data"])
    said = capsys.readouterr().out
    assert "cat-dog" in said
    assert "data verify" in said


def limner(words: str, redirected: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of limner in a shell, which redirects its streams."""
    command = f'"{sys.executable}" -m limner {words} {redirected}'
    environment = {**os.environ, **environment}
    return subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--help", "models", "sample --help", "data list"])
def test_an_output_that_cannot_be_written_is_told_in_a_line(words, unbuffered):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    done = limner(words, ">/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.stderr == "limner: the output cannot be written (No space left on device)\n"
    assert done.returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="cmd.exe closes no stream")
@pytest.mark.parametrize("closed", [">&-", "<&- >&-", "2>&-"])
@pytest.mark.parametrize("words", ["models", "sample --help"])
def test_commands_run_with_a_closed_stream(words, closed):
    done = limner(words, closed)
    assert done.returncode == 0
    assert done.stderr == ""
    assert bool(done.stdout) == (closed == "2>&-")


@pytest.mark.skipif(os.name == "nt", reason="cmd.exe closes no stream")
@pytest.mark.parametrize("closed", ["2>&-", "2</dev/null"])
def test_an_error_goes_nowhere_but_to_stderr(closed):
    done = limner("sample --nothing-there", closed)
    assert done.returncode == 2
    assert done.stdout == ""


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that is in use")
@pytest.mark.parametrize("words", ["sample cat", "sample cat --out o", "models", "studio cat"])
def test_a_working_folder_that_was_deleted_is_told_in_a_line(words, tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    said = fails(capsys, *words.split())
    assert said.startswith("limner: the working folder is not there any more")


@pytest.mark.parametrize("words", ["", "--help", "sample --help"])
def test_help_without_docstrings_says_what_it_lacks(words):
    done = limner(words, "", PYTHONOPTIMIZE="2")
    (line,) = done.stderr.splitlines()
    assert line.startswith("limner: Python runs without docstrings")
    assert done.returncode == 0
    assert "None\n" not in done.stdout
    assert limner("models", "", PYTHONOPTIMIZE="2").stderr == ""
