"""What a terminal can show."""

import numpy as np

from limner.cli.terminal import in_braille


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
