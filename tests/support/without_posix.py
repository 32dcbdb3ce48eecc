"""Runs limner on what is left of this system when all that only POSIX has is taken away.

The names that Windows lacks are deleted from `os` and `signal`, the modules that it lacks cannot be
imported, folders cannot be opened, and nothing that this process has open is renamed, replaced or
removed. Packages that limner uses are imported before, since each has code for POSIX of its own.
Text read or written in the encoding of the system is an error. Arguments: a new folder.
"""

import importlib
import os
import signal
import sys
import warnings
from pathlib import Path

PACKAGES = """
    jax jax.experimental.multihost_utils numpy scipy.special equinox optax orbax.checkpoint
    jaxtyping safetensors.numpy tyro rich.progress matplotlib.pyplot PIL.Image dacite filelock
    httpx2 pyvips platformdirs multiprocessing.popen_spawn_posix concurrent.futures.process
"""
MODULES = "fcntl grp pty pwd readline resource syslog termios tty"
OS = """
    chown fchmod fchown fdatasync fork forkpty getegid geteuid getgid getloadavg getpgid getuid
    getxattr killpg lchown mkfifo nice openpty posix_fadvise posix_fallocate pread preadv pwrite
    readv register_at_fork sched_getaffinity sched_setaffinity sendfile setsid statvfs sync sysconf
    wait
"""
SIGNAL = """
    SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH
    alarm pause pthread_sigmask setitimer sigwait
"""


def take_posix_away() -> None:
    for name in PACKAGES.split():
        importlib.import_module(name)
    for name in MODULES.split():
        sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    for module, names in ((os, OS), (signal, SIGNAL)):
        for name in names.split():
            vars(module).pop(name, None)
    os.open = _refusing_folders(os.open)
    for name in ("replace", "rename", "unlink", "remove", "rmdir"):
        setattr(os, name, _refusing_open(getattr(os, name)))


def _refusing_folders(function):
    def refuse(path, *args, **kwargs):
        if "dir_fd" not in kwargs and os.path.isdir(path):
            raise PermissionError(13, "a folder cannot be opened", str(path))
        return function(path, *args, **kwargs)

    return refuse


def _refusing_open(function):
    def refuse(*paths, **kwargs):
        for path in () if kwargs else map(os.path.realpath, paths):
            if any(held == path or held.startswith(path + os.sep) for held in _held()):
                error = PermissionError(13, "it is open in this process", path)
                error.winerror = 32
                raise error
        return function(*paths, **kwargs)

    return refuse


def _held() -> set[str]:
    """Paths of the files that this process has open or mapped, but for locks."""
    descriptors = Path("/proc/self/fd")
    held = {os.path.realpath(descriptors / name) for name in os.listdir(descriptors)}
    maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
    held |= {line[line.index("/") :] for line in maps if "/" in line}
    return {path for path in held if not path.endswith(".lock")}


def use_limner(folder: Path) -> None:
    import numpy as np
    from commands import SMALL

    import limner
    from limner.cli.main import main
    from limner.data.rasterise_file import rasterise_file

    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    sizes = {"hidden_size": 8, "num_steps": 3, "latent_size": 2}
    settings = {f"model.{name}": value for name, value in sizes.items()} | {"train.batch_size": 4}
    config = limner.changed(limner.PRESETS["quickdraw"], settings)
    for _ in ("train", "resume"):
        limner.train(limner.Dataset.from_arrays(images), config, steps=2, out=folder / "mine")
    run = limner.load(folder / "mine")
    run.evaluate(limner.Dataset.from_arrays(images))
    run.sample(2, seed=1).save(folder / "mine.gif")
    limner.load("cat").sample(1, seed=1).save(folder / "cat.png")

    for command in (
        ["train", "quickdraw", "--data.name", "doodles", *SMALL, "--out", folder / "run"],
        ["train", "--out", folder / "run"],
        ["evaluate", folder / "run"],
        ["sample", folder / "run"],
        ["reconstruct", folder / "run"],
        ["curves", folder / "run"],
        ["export", folder / "run", "--out", folder / "exported"],
        ["data", "export", "--data.name", "doodles", "--data.limit", "40", "--to", folder / "set"],
    ):
        main([str(word) for word in command])

    (folder / "line.ndjson").write_text('{"drawing": [[[0, 255], [0, 250]]]}\n' * 300, "utf-8")
    rasterise_file(folder / "line.ndjson", folder / "line.npy", workers=2)


if __name__ == "__main__":
    warnings.filterwarnings("error", category=EncodingWarning, module="limner")
    take_posix_away()
    use_limner(Path(sys.argv[1]))
    print("all of it ran")
