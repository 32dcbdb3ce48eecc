"""No file, however damaged, does more than end in one line, or take more memory than it should."""

import gzip
import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from data_writers import (
    RAW,
    SIMPLIFIED,
    binary,
    bitmaps,
    idx,
    ndjson,
    npy,
    npz,
    sketchrnn,
)
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from limner.data import mnist
from limner.data.formats.npy import open_rows
from limner.data.formats.sketchrnn import read_sketchrnn
from limner.data.formats.stroke_files import read_binary, read_ndjson
from limner.data.images import open_images, read_image
from limner.data.quickdraw import open_bitmaps
from limner.errors import LimnerError

MEMORY_LIMIT = 48 << 20  # what a few kilobytes may cost

IMAGES = np.arange(5 * 784, dtype=np.uint8).reshape(5, 28, 28)
BITS = npy(bitmaps(5) % 2)
SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30">
<defs><path id="a" d="M1 2 L30 20 q 3 4 5 -6 z"/></defs><style>#a { stroke: #222 }</style>
<use href="#a" fill="none" stroke-width="3"/><circle cx="9" cy="9" r="4.5"/></svg>"""


def picture(format, mode="L"):
    out = BytesIO()
    Image.fromarray(bitmaps(1).reshape(28, 28)).convert(mode).save(out, format)
    return out.getvalue()


def read_all(rows):
    return rows.read(np.arange(len(rows)))


def levels_of_array(path):
    source = open_images(path, (1, 14, 14)).sources[0]
    return source.levels(np.arange(len(source)))


READERS = {
    "rows.npy": (lambda path: read_all(open_rows(path)), [npy(IMAGES)]),
    "cat.npy": (lambda path: read_all(open_bitmaps(path).file), [npy(bitmaps(4))]),
    "own.npy": (
        levels_of_array,
        [npy(IMAGES), npy(IMAGES / 255), npy(np.stack([IMAGES] * 3, axis=-1)), npy(IMAGES > 9)],
    ),
    "cat.ndjson": (lambda path: list(read_ndjson(path)), [ndjson(SIMPLIFIED), ndjson(RAW)]),
    "cat.bin": (lambda path: list(read_binary(path)), [binary(SIMPLIFIED)]),
    "cat.npz": (
        lambda path: list(read_sketchrnn(path)),
        [sketchrnn(SIMPLIFIED, protocol) for protocol in (2, 4)],
    ),
    "static.npz": (lambda path: mnist.read_static(path), [npz(train=BITS, valid=BITS, test=BITS)]),
    "images-idx3-ubyte": (lambda path: mnist.read_idx(path, 3), [idx(IMAGES)]),
    "images-idx3-ubyte.gz": (lambda path: mnist.read_idx(path, 3), [gzip.compress(idx(IMAGES))]),
    "own.png": (
        lambda path: read_image(path, (1, 14, 14)),
        [picture("PNG", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")],
    ),
    "own.jpg": (lambda path: read_image(path, (3, 14, 14)), [picture("JPEG")]),
    "own.svg": (lambda path: read_image(path, (1, 14, 14)), [SVG]),
}


def check(path, read, data):
    path.write_bytes(data)
    message = ""
    tracemalloc.start()
    try:
        read(path)
    except LimnerError as error:
        message = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "\n" not in message
    assert peak < MEMORY_LIMIT


@st.composite
def mutations(draw, originals):
    """A valid file with a few bytes changed, cut out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 16))
        match draw(st.sampled_from(["change", "cut", "double", "end"])):
            case "change":
                data[at : at + length] = draw(st.binary(min_size=length, max_size=length))
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length]
            case "end":
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", READERS)
def test_valid_files_are_read(name, tmp_path):
    read, originals = READERS[name]
    for data in originals:
        (tmp_path / name).write_bytes(data)
        read(tmp_path / name)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_end_in_one_line(name, tmp_path, data):
    read, originals = READERS[name]
    start = data.draw(st.sampled_from([b"", *(original[:16] for original in originals)]))
    check(tmp_path / name, read, start + data.draw(st.binary(max_size=300)))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_end_in_one_line_or_in_drawings(name, tmp_path, data):
    read, originals = READERS[name]
    check(tmp_path / name, read, data.draw(mutations(originals)))
