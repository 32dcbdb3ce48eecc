"""The command line: parse, call, print.

Results go to stdout, progress to stderr. An error that the user can fix ends in one line on stderr
and exit code 2. JAX is imported inside the commands, so that `--help` answers at once.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.table import Table
from rich.text import Text

from limner.cli import data
from limner.cli.demo import demo
from limner.cli.draw import complete, curves, interpolate, reconstruct, sample
from limner.cli.evaluate import evaluate
from limner.cli.log import log
from limner.cli.models import export, models, nearest, outliers
from limner.cli.parse import bind
from limner.cli.reproduce import reproduce
from limner.cli.reproduce_judge import reproduce_judge
from limner.cli.studio import studio
from limner.cli.terminal import (
    console,
    discard_broken_output,
    open_closed_streams,
    write_any_encoding,
)
from limner.cli.train import PRESET_TRAININGS, train
from limner.errors import FailedElsewhere, LimnerError, Notice, PeerLost, near, reason

COMMANDS: dict[str, Callable[..., list[Path] | None]] = {
    "demo": demo,
    "train": train,
    **PRESET_TRAININGS,
    "evaluate": evaluate,
    "sample": sample,
    "reconstruct": reconstruct,
    "curves": curves,
    "log": log,
    "interpolate": interpolate,
    "complete": complete,
    "studio": studio,
    "outliers": outliers,
    "nearest": nearest,
    "models": models,
    "export": export,
    "data list": data.list_,
    "data fetch": data.fetch,
    "data show": data.show,
    "data export": data.export,
    "data rasterise": data.rasterise,
    "data verify": data.verify,
    "reproduce": reproduce,
    "reproduce judge": reproduce_judge,
}
"""Each command by its name of one word or two: a function whose signature and docstring are its
options and their help, and which returns the files that it wrote."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `limner` command."""
    words = [_at_home(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    open_closed_streams()
    write_any_encoding()
    try:
        with _notices_in_a_line():
            try:
                _run(words)
            finally:
                sys.stdout.flush()
    except FailedElsewhere:
        sys.exit(2)
    except LimnerError as error:
        _say(str(error))
        if isinstance(error, PeerLost):
            os._exit(2)  # at an orderly exit JAX would wait for the lost one, and abort
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has left
        discard_broken_output()
        sys.exit(1)
    except OSError as error:
        if not discard_broken_output():
            raise
        _say(f"the output cannot be written ({reason(error)})")
        sys.exit(2)
    except KeyboardInterrupt as stop:
        _say(str(stop) or "stopped")
        sys.exit(130)


def _say(line: str) -> None:
    """Print a line of limner's own to stderr, if that can be written."""
    with suppress(OSError):
        print(f"limner: {' '.join(line.splitlines())}", file=sys.stderr, flush=True)


@contextmanager
def _notices_in_a_line() -> Iterator[None]:
    """Says notices as errors are said."""

    def show(message, category, filename, lineno, file=None, line=None) -> None:
        if issubclass(category, Notice):
            _say(str(message))
        else:
            usual(message, category, filename, lineno, file, line)

    with warnings.catch_warnings():
        usual, warnings.showwarning = warnings.showwarning, show
        warnings.simplefilter("always", Notice)
        yield


def _at_home(word: str) -> str:
    """The word of a command with ~ as the home folder, which no shell expands after a ="""
    option, equals, path = word.rpartition("=") if word.startswith("--") else ("", "", word)
    return option + equals + os.path.expanduser(path) if path.startswith("~/") else word


def _run(words: list[str]) -> None:
    if sys.flags.optimize > 1 and (not words or {"-h", "--help", "help"} & {*words}):
        _say("Python runs without docstrings (-OO, PYTHONOPTIMIZE=2), which help is made of")
    for name in (" ".join(words[:2]), " ".join(words[:1])):
        if name in COMMANDS:
            rest = words[len(name.split()) :]
            call = bind(COMMANDS[name], name, rest, COMMANDS)
            _check_working_folder()
            for path in call() or ():
                print(path)
            return
    is_group = any(name.startswith(f"{words[0]} ") for name in COMMANDS) if words else False
    prefix, asked = (f"{words[0]} ", words[1:]) if is_group else ("", words)
    if not asked or asked[0] in ("-h", "--help", "help"):
        _print_commands(prefix)
    elif asked[0] == "--version":
        from importlib.metadata import version

        print(f"limner {version('limner')}")
    else:
        firsts = dict.fromkeys(name if is_group else name.split()[0] for name in COMMANDS)
        known = [name for name in firsts if name.startswith(prefix)]
        given = prefix + asked[0]
        there = near(given, known)
        if prefix + "".join(asked[1:2]) in known:
            there = f": the command comes first, as in `limner {prefix}{asked[1]} {asked[0]}`"
        raise LimnerError(f"there is no command {given!r}{there}")


def _check_working_folder() -> None:
    try:
        os.getcwd()
    except OSError as error:
        raise LimnerError(
            f"the working folder is not there any more ({reason(error)}): change to another one"
        ) from None


def _print_commands(prefix: str) -> None:
    """Print the first line of help of each command whose name begins with `prefix`."""
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for name, command in COMMANDS.items():
        if name.startswith(prefix) and name not in PRESET_TRAININGS:
            table.add_row(Text(f"  {name}", "bold"), (command.__doc__ or "").partition("\n")[0])
    print("limner, the Deep Recurrent Attentive Writer: it learns to draw sketches.\n")
    print(f"usage: limner {prefix}COMMAND [options]; COMMAND --help says more\n")
    console().print(table)
