"""The command line: parse, call, print.

Results go to stdout, progress to stderr. What a user can mend ends in one line on stderr and exit
code 2. JAX is imported inside commands, so that help comes at once.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import tyro
from rich.console import Console
from rich.table import Table

from limner.cli.draw import complete, curves, interpolate, reconstruct, sample
from limner.cli.evaluate import evaluate, evaluate_run, print_table
from limner.cli.models import export, models, nearest, outliers
from limner.cli.reproduce import reproduce
from limner.cli.studio import studio
from limner.cli.train import DEFAULT_PRESET, train, train_run
from limner.errors import FailedElsewhere, LimnerError, PeerLost, near
from limner.presets import PRESETS
from limner.text import suggested


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `limner` command."""
    arguments = [_at_home(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    try:
        _dispatch(arguments)
    except FailedElsewhere:
        sys.exit(2)
    except LimnerError as error:
        print(f"limner: {error}", file=sys.stderr, flush=True)
        if isinstance(error, PeerLost):
            os._exit(2)  # at an orderly exit JAX would wait for the lost one, and abort
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has left
        sys.exit(1)
    except KeyboardInterrupt:
        print("limner: stopped", file=sys.stderr)
        sys.exit(130)


def _at_home(word: str) -> str:
    """The word of a command with ~ as the home folder, which no shell expands after a ="""
    option, equals, path = word.rpartition("=") if word.startswith("--") else ("", "", word)
    return option + equals + os.path.expanduser(path) if path.startswith("~/") else word


def _dispatch(arguments: list[str]) -> None:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if command == "--version":
        from importlib.metadata import version

        print(f"limner {version('limner')}")
    elif command in ("-h", "--help", "help"):
        _print_commands()
    elif command == "data":
        from limner.cli import data

        data.main(rest)
    elif command == "train":
        train(rest)
    elif command in _COMMANDS:
        for path in tyro.cli(_COMMANDS[command], args=rest, prog=f"limner {command}") or ():
            print(path)
    else:
        names = [*_PARSED_BY_THEMSELVES, *_COMMANDS]
        raise LimnerError(f"there is no command {command!r}{near(command, names)}")


def _print_commands() -> None:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    told = {name: str(command.__doc__).splitlines()[0] for name, command in _COMMANDS.items()}
    for name, line in (_PARSED_BY_THEMSELVES | told).items():
        table.add_row(f"  [bold]{name}[/bold]", line)
    console = Console()
    console.print("limner, the Deep Recurrent Attentive Writer: it learns to draw sketches.\n")
    console.print("usage: limner COMMAND \\[options]; limner COMMAND --help says more\n")
    console.print(table)


def demo(*, out: Path = Path("runs/demo")) -> None:
    """Do it all once on the embedded doodles: train, evaluate, sample, reconstruct.

    Args:
        out: Run folder.
    """
    run = train_run(out, PRESETS[DEFAULT_PRESET])
    if not run.finished:
        return
    evaluation = evaluate_run(run)
    files = sample(out, num=64) + reconstruct(out, num=16)
    print_table(f"{out} · {evaluation.images:,} test images", evaluation)
    print("\npictures:")
    for path in [*files, run.figures / "curves.png"]:
        print(f"  {path}")
    print(
        "\ntry next:\n"
        f"  {suggested('sample', out, '--seed', 1)}   more drawings\n"
        f"  {suggested('reconstruct', out)} --picture FILE   a drawing of your own\n"
        "  limner train quickdraw --out runs/cat   cats that people drew (fetches 97 MB)"
    )


_COMMANDS: dict[str, Callable[..., list[Path] | None]] = {
    "demo": demo,
    "evaluate": evaluate,
    "sample": sample,
    "reconstruct": reconstruct,
    "curves": curves,
    "interpolate": interpolate,
    "complete": complete,
    "studio": studio,
    "outliers": outliers,
    "nearest": nearest,
    "models": models,
    "export": export,
    "reproduce": reproduce,
}

_PARSED_BY_THEMSELVES = {
    "train": "Train DRAW, or go on where a training stopped.",
    "data": "List, fetch, show, export and verify drawings.",
}
