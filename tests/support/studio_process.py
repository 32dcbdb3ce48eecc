"""Studios to test: small runs, and a server of them in this process."""

import dataclasses
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import jax
import numpy as np

from limner.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from limner.model.draw import build_model
from limner.run import Run
from limner.studio.models import find_models, load_models
from limner.studio.server import bind, create_app, make_server

NUM_STEPS = 4


def make_run(folder: Path, seed: int = 0, *, finished: bool = True, **sizes) -> Run:
    """A run folder with weights that draw something, though it was never trained."""
    small = ModelConfig(hidden_size=16, num_steps=NUM_STEPS, latent_size=3)
    config = RunConfig(
        model=dataclasses.replace(small, **sizes),
        data=DataConfig(name="doodles", categories=("cat",), limit=40),
        train=TrainConfig(updates=10),
    )
    run = Run.create(folder, config)
    random = np.random.default_rng(seed)
    model = jax.tree.map(
        lambda leaf: jax.numpy.asarray(random.normal(0, 0.3, leaf.shape), leaf.dtype),
        build_model(config.model, jax.random.key(seed)),
    )
    run.save_model(model)
    losses = {"distortion": 200.0, "rate": 5.0, "bound": 205.0}
    run.write_metrics([{"kind": "valid", "update": 10 if finished else 5} | losses])
    return run


@contextmanager
def running_studio(*folders: Path) -> Iterator[str]:
    """The address of a studio of these runs, while it runs."""
    app = create_app(load_models(find_models(folders)))
    with bind("127.0.0.1", 0) as listener:
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            while thread.is_alive() and not _is_ready(address):
                time.sleep(0.1)
            yield address
        finally:
            server.should_exit = True
            thread.join()


def _is_ready(address: str) -> bool:
    """Whether the first model's test drawings are measured, which comes last."""
    try:
        models = httpx.get(f"{address}/api/v1/models", timeout=60).json()["models"]
    except httpx.TransportError:
        return False
    return models[0]["test_drawings"] > 0
