"""Weights that the engine in JavaScript is given: what it reads, and what it says to the rest."""

import json
import struct

import jax
import numpy as np
import pytest
import safetensors.numpy
from node_process import SMALL, needs_node, run_node

from limner.model.draw import Draw
from limner.model.weights import save_weights

pytestmark = needs_node


def safetensors_file(header, data=b""):
    """A file with this header, whatever it says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


HOSTILE = {
    "nothing": (b"", "0 bytes"),
    "half a length": (b"\x01\x00", "2 bytes"),
    "a length and no header": (struct.pack("<Q", 80), "80 bytes long"),
    "a header beyond all memory": (struct.pack("<Q", 2**63) + b"{}", "bytes long, and 2 follow"),
    "no JSON": (safetensors_file(b"{{"), "not JSON"),
    "no UTF-8": (safetensors_file(b'{"\xff": 1}'), "not JSON"),
    "a list": (safetensors_file([1, 2]), "not an object"),
    "no object": (safetensors_file(b"null"), "not an object"),
    "deep lists": (safetensors_file(b"[" * 10**6 + b"]" * 10**6), "header is not"),
    "deep objects": (safetensors_file(b'{"a":' * 10**6 + b"1" + b"}" * 10**6), "of type undefined"),
    "an entry of a number": (safetensors_file({"a": 1}), '"a" is not an object'),
    "an entry of null": (safetensors_file({"a": None}), '"a" is not an object'),
    "no type": (safetensors_file({"a": {}}), "of type undefined"),
    "whole numbers": (safetensors_file({"a": entry("I32")}, b"0000"), "of type I32"),
    "double floats": (safetensors_file({"a": entry("F64")}, b"0000"), "of type F64"),
    "a type of all objects": (safetensors_file({"a": entry("toString")}), "of type toString"),
    "a negative size": (safetensors_file({"a": entry(shape=[-1])}, b"0000"), "shape of"),
    "half a size": (safetensors_file({"a": entry(shape=[0.5])}, b"0000"), "shape of"),
    "a size of words": (safetensors_file({"a": entry(shape=["1"])}, b"0000"), "shape of"),
    "a size beyond all numbers": (safetensors_file({"a": entry(shape=[2**60])}), "shape of"),
    "sizes beyond all numbers": (safetensors_file({"a": entry(shape=[2**40] * 40)}), "4 bytes"),
    "one offset": (safetensors_file({"a": entry(offsets=[0])}, b"0000"), "offsets of"),
    "a negative offset": (safetensors_file({"a": entry(offsets=[-4, 0])}, b"0000"), "offsets of"),
    "offsets the wrong way": (safetensors_file({"a": entry(offsets=[4, 0])}, b"0000"), "-4 bytes"),
    "more than its shape": (safetensors_file({"a": entry(offsets=[0, 8])}, b"00000000"), "8 bytes"),
    "out of bounds": (safetensors_file({"a": entry()}, b"000"), "take 4 bytes, and there are 3"),
    "a gap": (safetensors_file({"a": entry(offsets=[4, 8])}, b"00000000"), "starts at byte 4"),
    "bytes left over": (safetensors_file({"a": entry()}, b"00000"), "there are 5"),
    "an overlap": (
        safetensors_file({"a": entry(), "b": entry(shape=[2], offsets=[2, 10])}, b"0" * 10),
        "starts at byte 2",
    ),
    "the same bytes twice": (safetensors_file({"a": entry(), "b": entry()}, b"0000"), "byte 0"),
    "a long name": (safetensors_file({"a" * 10**5: 1}), 'aaa..." is not'),
}


OTHERS = {
    "other sizes": ({"hidden_size": 9}, "read.window.weight is (5, 8), not (5, 9)"),
    "no reading": ({"read_grid": None}, "encoder.weight is (32, 34), not (32, 86)"),
    "no start": ({"learned_start": False}, 'it has no "start.canvas"'),
    "a prior": ({"learned_prior": True}, "prior.weight is not there"),
    "an unknown cell": ({"cell": "layer-norm-lstm"}, "it is lstm or dense"),
    "a cell of all objects": ({"cell": "toString"}, "it is lstm or dense"),
    "no height": ({"height": 0}, "height of the model's config is 0"),
    "half a latent": ({"latent_size": 2.5}, "latent_size of the model's config is 2.5"),
    "no flag": ({"learned_start": 1}, "it is true or false"),
    "a grid of words": ({"write_grid": "5"}, "it is null or a whole number"),
    "no count": ({"num_categories": None}, "num_categories of the model's config is null"),
    "no start of categories": (
        {"num_categories": 2, "learned_start": False},
        "categories need a learned start",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the engine says to each case, all asked at once."""
    folder = tmp_path_factory.mktemp("weights")
    sound = folder / "sound"
    save_weights(Draw(**SMALL, key=jax.random.key(0)), sound)
    cases = {"sound": {"model": SMALL, "weights": str(sound)}}
    cases["no config"] = cases["sound"] | {"model": None}
    for case, (changes, _) in OTHERS.items():
        cases[case] = cases["sound"] | {"model": SMALL | changes}
    contents = {case: content for case, (content, _) in HOSTILE.items()}
    contents["cut short"] = sound.read_bytes()[:-1]
    for index, (case, content) in enumerate(contents.items()):
        path = folder / str(index)
        path.write_bytes(content)
        cases[case] = {"model": SMALL, "weights": str(path)}
    return dict(zip(cases, run_node("refusals.mjs", list(cases.values())), strict=True))


def test_weights_that_fit_are_taken(said):
    assert said["sound"] is None


@pytest.mark.parametrize("case", HOSTILE)
def test_a_damaged_file_is_refused_in_one_line(case, said):
    assert HOSTILE[case][1] in said[case]
    assert "\n" not in said[case]
    assert len(said[case]) < 200


def test_a_file_cut_short_is_refused(said):
    assert "and there are" in said["cut short"]


@pytest.mark.parametrize("case", OTHERS)
def test_weights_of_another_network_are_refused(case, said):
    assert OTHERS[case][1] in said[case]


def test_a_config_that_is_none_is_refused(said):
    assert "is not an object" in said["no config"]


def test_floats_of_16_and_32_bits_are_read_as_numpy_reads_them(tmp_path):
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(2, -1)  # all there are
    floats = np.random.default_rng(0).normal(0, 1e10, 1001).astype(np.float32)
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"halves": halves, "floats": floats}, path, {"by": "hand"})
    arrays = run_node("arrays.mjs", {"weights": str(path)})
    assert arrays["halves"]["shape"] == [2, 2**15]
    np.testing.assert_array_equal(arrays["halves"]["data"], halves.ravel().astype(np.float32))
    np.testing.assert_array_equal(arrays["floats"]["data"], floats)
