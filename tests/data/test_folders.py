"""Folders as people have them: clutter passed over and counted, links followed, each file once."""

import numpy as np
import pytest
from PIL import Image

from limner.data.folders import list_images
from limner.data.images import category_names, open_images
from limner.errors import LimnerError


@pytest.fixture
def put(tmp_path):
    """Writes an image of a line at a path under the folder."""

    def put(name: str):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((20, 20), 255, np.uint8)
        pixels[3:17, 9] = 0
        Image.fromarray(pixels).save(path, "PNG")
        return path

    return put


def names(folder) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in list_images(folder).files]


@pytest.mark.parametrize(
    "clutter",
    [".a.png", "._a.png", "Thumbs.db", ".cache/a.png", "__MACOSX/a.png", "__MACOSX/cats/._a.png"],
)
@pytest.mark.parametrize("depth", ["", "cats", "cats/deep"])
def test_hidden_names_are_no_images_at_any_depth(tmp_path, put, clutter, depth):
    put("cats/1.png")
    put(f"{depth}/{clutter}" if depth else clutter)
    assert names(tmp_path) == ["cats/1.png"]
    assert category_names(tmp_path) == ("cats",)
    assert open_images(tmp_path, (1, 28, 28)).note.endswith("; passed over: 1 hidden")


def test_what_is_passed_over_is_counted(tmp_path, put):
    put("1.png")
    for name in ("notes.txt", "label.csv", ".DS_Store"):
        (tmp_path / name).touch()
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    assert list_images(tmp_path).note == "; passed over: 1 hidden, 3 of other kinds"


def test_a_hidden_folder_that_is_asked_for_is_read(tmp_path, put):
    put(".mine/1.png")
    assert names(tmp_path / ".mine") == ["1.png"]


def test_links_to_folders_are_followed_without_circles(tmp_path, put):
    put("real/cats/1.png")
    put("real/cats/2.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cats").symlink_to(tmp_path / "real" / "cats")
    (tmp_path / "set" / "loop").symlink_to(tmp_path / "set")
    (tmp_path / "real" / "cats" / "back").symlink_to(tmp_path / "set")
    assert names(tmp_path / "set") == ["cats/1.png", "cats/2.png"]
    assert "2 links to a folder that is read already" in list_images(tmp_path / "set").note


def test_a_folder_and_a_link_to_it_are_read_once(tmp_path, put):
    put("b/1.png")
    (tmp_path / "a").symlink_to(tmp_path / "b")
    assert names(tmp_path) == ["b/1.png"]


def test_a_folder_without_images_says_what_they_end_in(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(LimnerError, match=r"\.png, .*\.webp"):
        list_images(tmp_path)
