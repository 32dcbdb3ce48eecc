"""What a wish to stop does: Ctrl-C, SIGTERM, a closed terminal, one inside another."""

import os
import signal
import subprocess
import sys

import pytest
from commands import SMALL

from limner.run import Run
from limner.system.interrupt import interruption


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_wish_and_what_was_before_comes_back(signum):
    before = signal.getsignal(signum)
    with interruption() as interrupted:
        assert not interrupted()
        os.kill(os.getpid(), signum)
        assert interrupted()
        assert signal.getsignal(signum) == before, "a second one ends at once"
    assert signal.getsignal(signum) == before
    with interruption() as interrupted:
        assert not interrupted()


def test_a_wish_inside_another_is_both_theirs():
    with interruption() as outer:
        with interruption() as inner:
            os.kill(os.getpid(), signal.SIGINT)
            assert inner()
        assert outer(), "whoever comes next must not begin"
        with interruption() as inner:
            assert inner()


@pytest.fixture
def hearing():
    """SIGHUP as in a terminal, also where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hearing")
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_a_terminal_that_is_closed_is_a_wish_however_often_it_says_so():
    before = signal.getsignal(signal.SIGHUP)
    with interruption() as interrupted:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupted()
    assert signal.getsignal(signal.SIGHUP) == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_under_nohup_a_terminal_that_is_closed_is_no_wish():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption() as interrupted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hearing")
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_a_training_whose_terminal_is_closed_keeps_a_checkpoint(tmp_path):
    endless = ["--train.updates", "1000000", "--train.validate-every", "1000000"]
    command = [sys.executable, "-m", "limner", "train", *SMALL, *endless, "--out", str(tmp_path)]
    terminal, its = os.openpty()
    training = subprocess.Popen(command, stdin=its, stdout=its, stderr=its)
    os.close(its)
    said = b""
    while b"im/s" not in said:
        said += os.read(terminal, 65536)
    os.close(terminal)
    training.send_signal(signal.SIGHUP)
    training.wait(timeout=60)
    (session,) = Run.open(tmp_path).read_sessions()
    assert session["to_update"] > 0
    assert (tmp_path / "checkpoints" / str(session["to_update"])).is_dir()
