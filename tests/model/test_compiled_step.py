"""What XLA makes of a step of training: counted, not timed.

The study's row, half a batch on one device, as each of two cores has it. XLA counts the body of a
loop once, so a product in the loop over T counts once and one outside it in full.
"""

import re
from collections import Counter

import jax
import jax.numpy as jnp
import pytest

from limner.config import ModelConfig, RunConfig, TrainConfig
from limner.system.devices import data_mesh
from limner.training.loop import UPDATES_PER_DISPATCH
from limner.training.optimiser import make_optimiser
from limner.training.state import state_shapes
from limner.training.step import Batches, make_advance

BATCH, GATES, ENCODER, DECODER = 50, 4 * 256, 576, 272  # columns are 562 and 266, aligned


@pytest.fixture(scope="module")
def compiled():
    config = RunConfig(model=ModelConfig(), train=TrainConfig(batch_size=BATCH))
    optimiser = make_optimiser(config.train)
    state = state_shapes(config, optimiser)
    batches = Batches(
        jax.ShapeDtypeStruct((UPDATES_PER_DISPATCH, BATCH, 1, 28, 28), jnp.uint8),
        jax.ShapeDtypeStruct((UPDATES_PER_DISPATCH, BATCH), jnp.int32),
    )
    return make_advance(config, optimiser, data_mesh(BATCH, 1)).lower(state, batches, 1).compile()


def test_each_cell_has_one_product_forward_one_backward_and_one_for_its_weights(compiled):
    shapes = re.findall(r"= f32\[([\d,]*)\]\S* dot\(", compiled.as_text())
    products = Counter(tuple(map(int, shape.split(","))) for shape in shapes)
    assert products[BATCH, GATES] == 2
    assert products[BATCH, ENCODER] == 1
    assert products[BATCH, DECODER] == 1
    assert products[GATES, ENCODER] == 1
    assert products[GATES, DECODER] == 1
    assert products.total() <= 36


def test_nearly_all_arithmetic_is_the_cells_products(compiled):
    once = 2 * BATCH * GATES * (ENCODER + DECODER)
    cells = once + once + ModelConfig().num_steps * once  # forward, backward, weights
    assert cells < compiled.cost_analysis()["flops"] < 1.05 * cells


def test_what_is_kept_for_the_backward_pass_is_no_more_than_on_record(compiled):
    assert compiled.memory_analysis().temp_size_in_bytes < 1.1 * 38.0e6
