"""A `limner` command whose writes fail: it is killed at one, or the disk is full from one on.

    python failing_writes.py killed|full N FOLDER ARGUMENT...

Writes are counted from 1: each file opened for writing, renamed or removed, and each folder made,
in or beside FOLDER. How many failed, and the count, are printed at the end of a command that lived
to see it.
"""

import errno
import os
import signal
import sys
from pathlib import Path

from limner.cli.main import main

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}


def fail_at(how: str, number: int, folder: Path) -> list[int]:
    """From now on, count the writes of this process in a folder, and fail at one of them.

    Returns:
        How many failed, and how many there were, kept up to date.
    """
    counts = [0, 0]
    inside = str(folder.absolute())

    def hook(event: str, args: tuple) -> None:
        if event == "open":
            path, _, flags = args
            writes = isinstance(flags, int) and flags & WRITING
        else:
            path, writes = args[0] if args else None, event in CHANGES
        if not writes or not isinstance(path, str | bytes | os.PathLike):
            return
        if not os.fsdecode(path).startswith(inside):
            return
        counts[1] += 1
        if counts[1] >= number and how == "full" and event in ("open", "os.mkdir"):
            counts[0] += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(path))
        if counts[1] == number and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return counts


if __name__ == "__main__":
    how, number, folder, *arguments = sys.argv[1:]
    counts = fail_at(how, int(number), Path(folder))
    try:
        main(arguments)
    finally:
        print("failed and all:", *counts)
