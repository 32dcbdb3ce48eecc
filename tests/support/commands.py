"""What tests of the commands share: a training that takes no time, and how a command fails."""

import pytest

from limner.cli.main import main

SMALL = [
    "--model.hidden-size", "8", "--model.num-steps", "3", "--model.latent-size", "2",
    "--data.limit", "40",
    "--train.updates", "4", "--train.batch-size", "4", "--train.validate-every", "2",
]  # fmt: skip


def fails(capsys, *arguments: object) -> str:
    """The one line that a command ends in with exit code 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("limner: ")
    assert "\n" not in said
    return said
