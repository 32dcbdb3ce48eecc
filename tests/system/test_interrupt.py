"""What a wish to stop does: Ctrl-C, SIGTERM, one inside another."""

import os
import signal

import pytest

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
