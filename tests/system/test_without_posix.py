"""limner on a system without what only POSIX has, as Windows is."""

import subprocess
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parents[1] / "support"


def test_commands_and_library_run_without_what_only_posix_has(tmp_path):
    if not Path("/proc/self/fd").exists():
        pytest.skip("files that are open are listed on Linux only")
    code = [str(SUPPORT / "without_posix.py"), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", *code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("all of it ran\n")
