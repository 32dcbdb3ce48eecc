"""The words by which data are asked for."""

from typing import Literal, get_args

SplitName = Literal["train", "valid", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)

Format = Literal["raw", "simplified", "binary", "numpy_bitmap", "sketchrnn"]
"""What Quick, Draw! is published as."""
FORMATS: tuple[Format, ...] = get_args(Format)

ExportFormat = Literal["idx", "npz", "npy", "png"]
"""What drawings are written as."""
