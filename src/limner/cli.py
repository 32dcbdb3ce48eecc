"""The command line: parse, call, print.

Results go to stdout, progress to stderr. What a user can mend ends in one line on stderr and exit
code 2. JAX is imported inside commands, so that help comes at once.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from limner.cli_models import export, models, nearest, outliers
from limner.cli_reproduce import reproduce
from limner.cli_studio import complete, interpolate, studio
from limner.config import PRESETS, Protocol, RunConfig, require_seed
from limner.errors import FailedElsewhere, LimnerError, PeerLost
from limner.session import (
    RunFolder,
    check_at_least_one,
    check_importance,
    load_drawing_model,
    open_data,
    open_run,
    prepare,
    read_picture,
)
from limner.terminal import progress_bar
from limner.words import near

if TYPE_CHECKING:
    from limner.evaluate import CategoryBound, Evaluation
    from limner.run import Run

DEFAULT_PRESET = "doodles"


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `limner` command."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
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


def _dispatch(arguments: list[str]) -> None:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if command == "--version":
        from importlib.metadata import version

        print(f"limner {version('limner')}")
    elif command in ("-h", "--help", "help"):
        _print_commands()
    elif command == "data":
        from limner import cli_data

        cli_data.main(rest)
    elif command == "train":
        _train_command(rest)
    elif command in _COMMANDS:
        tyro.cli(_COMMANDS[command], args=rest, prog=f"limner {command}")
    else:
        raise LimnerError(f"there is no command {command!r}{near(command, _HELP)}")


def _print_commands() -> None:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for name, line in _HELP.items():
        table.add_row(f"  [bold]{name}[/bold]", line)
    console = Console()
    console.print("limner, the Deep Recurrent Attentive Writer: it learns to draw sketches.\n")
    console.print("usage: limner COMMAND \\[options]; limner COMMAND --help says more\n")
    console.print(table)


def _train_command(arguments: list[str]) -> None:
    """Parse `train [PRESET] [options]`: the preset gives the defaults."""
    names_preset = bool(arguments) and not arguments[0].startswith("-")
    preset = arguments.pop(0) if names_preset else DEFAULT_PRESET
    if preset not in PRESETS:
        raise LimnerError(f"there is no preset {preset!r}{near(preset, PRESETS)}")

    def command(
        config: Annotated[RunConfig, tyro.conf.arg(name="")] = PRESETS[preset],
        *,
        out: Path = Path("runs") / preset,
        distributed: bool = False,
        coordinator: str | None = None,
        num_processes: int | None = None,
        process_id: int | None = None,
    ) -> None:
        """Train DRAW, or go on where a training stopped.

        The first word may name a preset, whose settings are the defaults below: doodles (embedded
        drawings, nothing to fetch), quickdraw, sketches (22 categories, told apart), study (the
        settings of the 2018 study), mnist (those of the paper). The same command on the same folder
        resumes, and so does --out alone.

        Args:
            config: The settings.
            out: Run folder.
            distributed: Train with other processes that were given the same command; what SLURM,
                MPI or Kubernetes does not tell is told by the options below.
            coordinator: HOST:PORT where process 0 listens.
            num_processes: How many processes there are.
            process_id: Which of them this is, from 0.
        """
        place = (coordinator, num_processes, process_id)
        if place != (None, None, None) and not distributed:
            raise LimnerError("--coordinator, --num-processes and --process-id need --distributed")
        # With nothing but --out, a run that exists goes on with its own settings.
        nothing_asked = not names_preset and config == PRESETS[DEFAULT_PRESET]
        if nothing_asked and (out / "config.json").exists():
            from limner.run import Run

            config = Run.open(out).config
        with _joined(*place) if distributed else nullcontext():
            _train(out, config)

    tyro.cli(command, args=arguments, prog="limner train")


def _joined(
    coordinator: str | None, num_processes: int | None, process_id: int | None
) -> AbstractContextManager[None]:
    prepare()
    from limner.distributed import joined

    return joined(coordinator, num_processes, process_id)


def _train(out: Path, config: RunConfig) -> "Run":
    prepare()
    from limner.distributed import agreement, by_leader
    from limner.gallery import save_curves
    from limner.pretrained.shelf import folder_of
    from limner.run import Run
    from limner.start import check_start
    from limner.train import check_fits, train

    if (named := config.train.start_from) is not None:
        settings = dataclasses.replace(config.train, start_from=folder_of(named))
        config = dataclasses.replace(config, train=settings)
    with agreement():
        dataset = open_data(config)
        check_fits(config, dataset)
        if not (out / "config.json").exists():
            check_start(config)
    run = Run.create(out, config)
    with progress_bar("training") as advance:
        advance(0, config.train.steps, "compiling")

        def show(progress) -> None:
            distortion, rate, _ = _losses(progress.losses).items()
            note = f"{_short(*distortion)} {_short(*rate)}  {progress.images_per_second:,.0f} im/s"
            advance(progress.step, progress.steps, note)

        outcome = train(run, dataset, show)
    if outcome.step:
        by_leader(save_curves)(run.read_metrics(), run.figures / "curves.png", of=str(out))
    state = "finished" if outcome.finished else "stopped"
    print(f"{state} at step {outcome.step} of {config.train.steps}, {outcome.seconds:.0f} s: {out}")
    if outcome.validation:
        print(f"best on the validation split: {_in_words(outcome.validation)}")
    if outcome.finished:
        noise = "" if config.train.protocol == "honest" else f" --protocol {config.train.protocol}"
        print(
            f"try next: limner evaluate {out}{noise}; limner sample {out}{noise}; "
            f"limner reconstruct {out}{noise}"
        )
    else:
        print(f"to go on: limner train --out {out}")
    return run


def evaluate(
    run: RunFolder,
    *,
    json: bool = False,
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    data_root: Path | None = None,
    seed: int = 0,
    check: bool = False,
) -> None:
    """Measure the bound on the whole test split.

    Args:
        run: Run folder, or the name of a pretrained model.
        json: Print one JSON object instead of a table.
        protocol: Noise: honest gives a bound; as-published gives what the study reported.
        importance_samples: K, to estimate the importance-weighted bound as well.
        importance_images: Take that over so many test images, chosen by chance, if not over all.
        data_root: Where the drawings lie, if not where they were in training.
        seed: Of the noise.
        check: Instead, of a model with a card, measure in seconds what the card has to check an
            installation by.
    """
    if check:
        _check(open_run(run), data_root)
        return
    require_seed(seed, "--seed")
    check_importance(importance_samples, importance_images, protocol)
    evaluation = _evaluate(
        open_run(run), protocol, importance_samples, importance_images, data_root, seed
    )
    if json:
        _print_json(dataclasses.asdict(evaluation))
    else:
        _print_table(f"{run} · {evaluation.images:,} test images", evaluation)


def _evaluate(
    run: "Run",
    protocol: Protocol = "honest",
    importance_samples: int | None = None,
    importance_images: int | None = None,
    data_root: Path | None = None,
    seed: int = 0,
) -> "Evaluation":
    from limner.evaluate import evaluate

    dataset = open_data(run.config, data_root)
    with progress_bar("evaluating") as advance:
        advance(0, None, "compiling")
        return evaluate(
            run.load_model(),
            dataset,
            num_steps=run.config.model.num_steps,
            binarisation=run.config.data.binarisation,
            protocol=protocol,
            importance_samples=importance_samples,
            importance_images=importance_images,
            seed=seed,
            on_progress=advance,
        )


def _check(run: "Run", data_root: Path | None) -> None:
    from limner.pretrained.export import evaluate_check
    from limner.pretrained.shelf import read_card

    card = read_card(run.folder)
    if card is None:
        raise LimnerError(f"{run.name} has no card to check: only models that were exported have")
    dataset = open_data(run.config, data_root)
    found = evaluate_check(run.load_model(), dataset, run.config, card.check.limit)
    measured = f"{found.bound:.3f} nats over {found.images:,} pictures"
    if not card.check.holds(found):
        raise LimnerError(
            f"the bound is {measured}, on the card {card.check.bound:.3f} over "
            f"{card.check.images:,}: these are other data, or something computes otherwise here"
        )
    print(f"the bound is {measured}, as on the card")


def sample(
    run: RunFolder,
    *,
    num: int = 64,
    seed: int = 0,
    temperature: float = 1.0,
    num_steps: int | None = None,
    steps: tuple[int, ...] = (),
    category: str | None = None,
    protocol: Protocol = "honest",
    out: Path | None = None,
) -> None:
    """Draw from the prior: pictures the model makes up.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: How many drawings.
        seed: Of the noise; the same seed gives the same drawings.
        temperature: Factor on the noise.
        num_steps: Steps to draw in, if not those of training.
        steps: Time steps to show in steps.png.
        category: To draw, of a model that tells categories apart; else each by chance.
        protocol: Noise: honest is new at every step; as-published is one vector for all steps, for
            a model that was trained so.
        out: Folder for the pictures, if not RUN/figures/samples.
    """
    there = open_run(run)
    for path in _sample(there, num, seed, temperature, num_steps, steps, category, protocol, out):
        print(path)


def _sample(
    run: "Run",
    num: int,
    seed: int = 0,
    temperature: float = 1.0,
    num_steps: int | None = None,
    steps: tuple[int, ...] = (),
    category: str | None = None,
    protocol: Protocol = "honest",
    out: Path | None = None,
) -> list[Path]:
    check_at_least_one("--num", num)
    check_at_least_one("--num-steps", num_steps)
    require_seed(seed, "--seed")
    from limner.data.dataset import told_apart
    from limner.gallery import save_samples
    from limner.recognise import category_place
    from limner.sample import sample

    num_steps = num_steps or run.config.model.num_steps
    _check_steps(steps, num_steps)
    place = None if category is None else category_place(run.config, category, run.name)
    drawings = sample(
        run.load_model(),
        num=num,
        num_steps=num_steps,
        seed=seed,
        temperature=temperature,
        category=place,
        protocol=protocol,
    )
    heat = "" if temperature == 1 else f", temperature {temperature:g}"
    name = run.name if category is None else f"{run.name} ({category})"
    return save_samples(
        drawings,
        out or run.figures / "samples",
        of=f"{name}, T = {num_steps}, seed {seed}{heat}{_noise(run, protocol)}",
        write_grid=run.config.model.write_grid,
        steps=steps,
        names=told_apart(run.config) if category is None else (),
    )


def reconstruct(
    run: RunFolder,
    *,
    num: int = 16,
    seed: int = 0,
    picture: Path | None = None,
    steps: tuple[int, ...] = (),
    category: str | None = None,
    protocol: Protocol = "honest",
    data_root: Path | None = None,
    out: Path | None = None,
) -> None:
    """Draw test pictures, or one of your own, from looks at them.

    Args:
        run: Run folder, or the name of a pretrained model.
        num: How many of the test split.
        seed: Of the noise, and of the choice of pictures.
        picture: A picture of your own instead.
        steps: Time steps to show in steps.png.
        category: Of your own picture, for a model that tells categories apart; else what the
            picture looks like.
        protocol: Noise: honest is new at every step; as-published is one vector for all steps, for
            a model that was trained so.
        data_root: Where the drawings lie, if not where they were in training.
        out: Folder for the pictures, if not RUN/figures/reconstructions.
    """
    there = open_run(run)
    for path in _reconstruct(there, num, seed, picture, steps, category, protocol, data_root, out):
        print(path)


def _reconstruct(
    run: "Run",
    num: int,
    seed: int = 0,
    picture: Path | None = None,
    steps: tuple[int, ...] = (),
    category: str | None = None,
    protocol: Protocol = "honest",
    data_root: Path | None = None,
    out: Path | None = None,
) -> list[Path]:
    check_at_least_one("--num", num)
    require_seed(seed, "--seed")
    import numpy as np

    from limner.data.dataset import some_indices
    from limner.gallery import save_reconstructions
    from limner.sample import reconstruct

    config = run.config.model
    _check_steps(steps, config.num_steps)
    if picture is None and category is not None:
        raise LimnerError("--category goes with --picture: test pictures are of their own category")
    if picture is None:
        split = open_data(run.config, data_root).split("test")
        chosen = some_indices(len(split), num, seed)
        targets = split.targets(chosen, run.config.data.binarisation, key=(seed, 0))
        images = targets / np.float32(255)
        model, categories, what = run.load_model(), split.categories(chosen), "test images"
    else:
        image = read_picture(run, picture)
        model, categories, what = load_drawing_model(run, category, image), None, picture.name
        images = image[None]
    drawings = reconstruct(
        model,
        images,
        num_steps=config.num_steps,
        seed=seed,
        categories=categories,
        protocol=protocol,
    )
    return save_reconstructions(
        drawings,
        images,
        out or run.figures / "reconstructions",
        of=f"{run.name}, {what}, T = {config.num_steps}, seed {seed}{_noise(run, protocol)}",
        read_grid=config.read_grid,
        write_grid=config.write_grid,
        steps=steps,
    )


def _noise(run: "Run", protocol: Protocol) -> str:
    """The end of a caption: which noise, where that is not a matter of course."""
    from limner.gallery import NOISE

    is_honest = protocol == run.config.train.protocol == "honest"
    return "" if is_honest else f", {NOISE[protocol]}"


def curves(run: RunFolder, *, out: Path | None = None) -> None:
    """Draw the losses of a run over its steps.

    Args:
        run: Run folder.
        out: Picture (.png, .pdf or .svg), if not RUN/figures/curves.png.
    """
    from limner.gallery import save_curves

    there = open_run(run)
    if not there.metrics.exists() and (there.folder / "card.json").exists():
        raise LimnerError(f"{run} is an exported model, which keeps no losses: name a run folder")
    path = out or there.figures / "curves.png"
    print(save_curves(there.read_metrics(), path, of=str(run)))


def demo(*, out: Path = Path("runs/demo")) -> None:
    """Do it all once on the embedded doodles: train, evaluate, sample, reconstruct.

    Args:
        out: Run folder.
    """
    run = _train(out, PRESETS[DEFAULT_PRESET])
    if not run.finished:
        return
    evaluation = _evaluate(run)
    files = _sample(run, num=64) + _reconstruct(run, num=16)
    _print_table(f"{out} · {evaluation.images:,} test images", evaluation)
    print("\npictures:")
    for path in [*files, run.figures / "curves.png"]:
        print(f"  {path}")
    print(
        "\ntry next:\n"
        f"  limner sample {out} --seed 1              more drawings\n"
        f"  limner reconstruct {out} --picture FILE   a drawing of your own\n"
        "  limner train quickdraw --out runs/cat         cats that people drew (fetches 97 MB)"
    )


_COMMANDS: dict[str, Callable[..., None]] = {
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

_HELP = {
    "demo": "do it all once on the embedded doodles: train, evaluate, sample, reconstruct",
    "train": "train DRAW, or go on where a training stopped",
    "evaluate": "measure the bound on the whole test split",
    "sample": "draw from the prior: pictures the model makes up",
    "reconstruct": "draw test pictures, or one of your own, from looks at them",
    "curves": "draw the losses of a run over its steps",
    "interpolate": "draw the way from one picture to another, through the latents",
    "complete": "finish a drawing, in several ways",
    "studio": "open a page to draw on, and watch the model look and draw",
    "outliers": "find the drawings that a model finds strangest",
    "nearest": "see whether a model copies: samples beside the nearest training drawings",
    "models": "list the models that come with the package, which every command takes by name",
    "export": "write a finished run's model and its card to a folder to share",
    "reproduce": "run the experiments behind the results, and write their pages",
    "data": "list, fetch, show, export and verify drawings",
}


def _print_table(title: str, evaluation: "Evaluation") -> None:
    """The facts of an evaluation that are known, one a row."""
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    facts = dataclasses.asdict(evaluation)
    del facts["by_category"]  # which has a table of its own
    for name, value in facts.items():
        if name == "rate_per_step":
            value = " ".join(f"{rate:.2f}" for rate in value)
        elif isinstance(value, float):
            value = f"{value:.3f}"
        elif isinstance(value, tuple):
            value = ", ".join(value)
        if value is not None:
            table.add_row(name.replace("_", " "), str(value))
    Console().print(table)
    if evaluation.by_category:
        _print_categories(evaluation.by_category)


def _print_categories(found: "dict[str, CategoryBound]") -> None:
    table = Table("category", title="each category by itself", title_justify="left", box=None)
    for column in ("images", "bound", "stderr", "floor"):
        table.add_column(column, justify="right")
    for name, of in found.items():
        numbers = ("" if n is None else f"{n:.2f}" for n in (of.bound, of.stderr, of.floor))
        table.add_row(name, f"{of.images:,}", *numbers)
    Console().print(table)


def _print_json(facts: dict[str, Any]) -> None:
    print(json.dumps(facts))


def _losses(row: dict[str, Any]) -> dict[str, float]:
    """The losses of a row of metrics: distortion, rate and their sum, by whatever names."""
    return {name: value for name, value in row.items() if isinstance(value, float)}


def _short(name: str, value: float) -> str:
    return f"{name[:4]} {value:.1f}"


def _in_words(row: dict[str, Any]) -> str:
    losses = ", ".join(f"{name} {value:.2f}" for name, value in _losses(row).items())
    return f"{losses} nats ({row['protocol']}, step {row['step']})"


def _check_steps(steps: tuple[int, ...], num_steps: int) -> None:
    for step in steps:
        if not 1 <= step <= num_steps:
            raise LimnerError(f"--steps has {step}: it must be from 1 to {num_steps}")
