"""Lines for errors that were raised elsewhere."""

import pytest

from limner.errors import reason


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("cannot identify image file <_io.BytesIO object at 0x7f3a2c0>"), None),
        (OSError(28, "No space left on device", "/a/b"), "No space left on device"),
        (RuntimeError("first line\nsecond line"), "first line"),
        (KeyError(), "KeyError"),
    ],
)
def test_a_reason_is_one_line_without_addresses(error, said):
    assert reason(error) == (said or "cannot identify image file")
