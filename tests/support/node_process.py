"""Runs the scripts beside this file in Node, which write JSON."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node on the PATH")

SMALL = {
    "height": 7,
    "width": 5,
    "channels": 1,
    "latent_size": 3,
    "hidden_size": 8,
    "read_grid": 3,
    "write_grid": 2,
    "learned_start": True,
    "cell": "lstm",
    "learned_prior": False,
    "num_categories": 0,
}
"""What config.json says of the network of `make_model`."""


def run_node(script: str, job: Any) -> Any:
    """What a script says to a job; its arrays of float32 come as NumPy's."""
    assert NODE is not None
    ran = subprocess.run(
        [NODE, Path(__file__).parents[1] / "system" / script],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout, object_hook=_floats)


def _floats(item: dict[str, Any]) -> Any:
    if item.keys() == {"floats"}:
        return np.frombuffer(base64.b64decode(item["floats"]), np.float32)
    return item
