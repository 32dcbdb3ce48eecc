"""Files are replaced whole, and what another program has open is waited for."""

import os
from pathlib import Path

import pytest

from limner.errors import LimnerError
from limner.system.files import replace_text, replacing_folder


def refuse(times: int, **details):
    """A renaming that is denied some times, as Windows denies it."""
    rename, denials = os.replace, iter(range(times))

    def replace(source, target):
        if next(denials, None) is None:
            return rename(source, target)
        error = PermissionError(13, "Permission denied", str(target))
        vars(error).update(details)
        raise error

    return replace


def test_text_has_the_same_bytes_everywhere(tmp_path):
    replace_text(tmp_path / "text", "±\nα\n")
    assert (tmp_path / "text").read_bytes() == b"\xc2\xb1\n\xce\xb1\n"


@pytest.mark.parametrize("number", [5, 32])
def test_a_file_that_is_open_elsewhere_is_waited_for(tmp_path, monkeypatch, number):
    replace_text(tmp_path / "text", "old")
    monkeypatch.setattr(os, "replace", refuse(3, winerror=number))
    replace_text(tmp_path / "text", "new")
    assert (tmp_path / "text").read_text("utf-8") == "new"


@pytest.mark.parametrize("details", [{}, {"winerror": 33}])
def test_another_denial_is_said_at_once(tmp_path, monkeypatch, details):
    monkeypatch.setattr(os, "replace", refuse(1, **details))
    with pytest.raises(LimnerError, match="cannot be written"):
        replace_text(tmp_path / "text", "new")
    assert list(tmp_path.iterdir()) == []


def write(folder: Path) -> None:
    with replacing_folder(folder) as temporary:
        (temporary / "file").write_bytes(b"new")


def test_an_empty_folder_is_replaced_and_a_full_one_kept(tmp_path):
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder")
    assert (tmp_path / "folder" / "file").read_bytes() == b"new"
    (tmp_path / "folder" / "file").write_bytes(b"old")
    with pytest.raises(LimnerError, match="cannot be written"):
        write(tmp_path / "folder")
    assert (tmp_path / "folder" / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
