"""Provenance: which code ran, and on what kind of machine."""

import platform
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]


@cache
def commit() -> str | None:
    """The git commit of the checkout that this package runs from; None without a checkout.

    It is asked for once, since commits that come while a process runs are not what it runs.
    """
    top = _git("rev-parse", "--show-toplevel")
    # A checkout around an installed package is not the package's own.
    if top is None or Path(top) / "src" / "limner" != _PACKAGE.resolve():
        return None
    head = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", str(_PACKAGE))
    return f"{head} with changes" if changed else head


def code_version() -> str:
    """The package's version, and its commit if there is one."""
    package, of = version("limner"), commit()
    return package if of is None else f"{package}, commit {of}"


def machine(session: Mapping[str, Any]) -> str:
    """The devices of a training session, by kind and number."""
    count, kind = session["devices"], session["device"]
    if kind == "cpu":
        return f"{count} core{'s' if count > 1 else ''} of {session['machine']}"
    return f"{count} × {kind}"


def seconds_until(sessions: Iterable[Mapping[str, Any]], update: int) -> float | None:
    """Seconds of training up to an update; None where no session is on record.

    A session's seconds are shared out evenly over its updates. Updates of a session that was killed
    have no seconds on record: they count as much as those that have.
    """
    updates = seconds = 0.0
    for session in sessions:
        first, last = session["from_update"], session["to_update"]
        within = max(0, min(update, last) - first)
        updates += within
        seconds += session["seconds"] * within / (last - first)
    return seconds * update / updates if updates else None


@cache
def processor() -> str:
    """The kind of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    """The output of git in the package's folder; None if git fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(_PACKAGE), *arguments],
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    except (OSError, UnicodeDecodeError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
