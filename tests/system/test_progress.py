"""Progress: in a notebook the time left and the time taken; work outlives a stderr that fails."""

import io
import os
import sys

import pytest

from limner.system.progress import progress_bar


@pytest.fixture
def published():
    """What a notebook's cell shows, in the order it came."""
    pytest.importorskip("IPython")
    from IPython.core.displaypub import CapturingDisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher()
    yield shell.display_pub.outputs
    InteractiveShell.clear_instance()


def test_a_finished_bar_says_what_it_took(published):
    with progress_bar("training") as advance:
        advance(0, 10, "compiling")
        advance(10, 10, "bound <210>")
    shown = [output["data"]["text/html"] for output in published]
    assert shown[0] == "training"
    assert shown[1].startswith('training <progress value="0" max="10"></progress> 0 of 10')
    assert "left" not in shown[-1]
    assert shown[-1].endswith("10 of 10 in 0 s bound &lt;210&gt;")


def test_the_work_goes_on_where_stderr_cannot_be_written(monkeypatch):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with io.TextIOWrapper(open("/dev/full", "wb", buffering=0), write_through=True) as full:
        monkeypatch.setattr(sys, "stderr", full)
        with progress_bar("training") as advance:
            advance(1, 1)
