"""How many images of many kinds come in inverted or washed out.

    python benchmarks/paper_and_ink.py                     the table
    python benchmarks/paper_and_ink.py --sheet out.png     and one image of each kind, as it came in

Each image is drawn from a mask that says where ink is, so that what came in is held against
something the package has no part in. An image is inverted where its paper is darker ink than its
ink; washed out where half of its ink is below level 128, or half of its paper above 32.

Axis letters: h w image, c colour.
"""

import argparse
import io
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt

from limner.data.images import open_images

SHAPE = (1, 28, 28)
CELLS = 28
FINE = 4
EACH = 30


class Case(NamedTuple):
    """An image and where its ink is."""

    file: bytes
    suffix: str
    ink: np.ndarray
    """Cells of 28 x 28 that lie on a line, or inside a filled shape."""
    paper: np.ndarray
    """Cells well away from ink."""


class Mask(NamedTuple):
    """Where ink is, as fine as the page and as cells."""

    coverage: np.ndarray
    """Of each pixel of the page, 0 to 1."""
    ink: np.ndarray
    paper: np.ndarray


def lines(random: np.random.Generator, side: int, width: float) -> Mask:
    """Some strokes of one pen, whose width is a part of the side."""
    paths = [random.uniform(0.12, 0.88, (random.integers(3, 6), 2)) for _ in range(3)]
    page = Image.new("L", (side * FINE, side * FINE))
    middle = Image.new("L", (CELLS, CELLS))
    for path in paths:
        points = [tuple(point) for point in path * side * FINE]
        pen = max(1, round(width * side * FINE))
        ImageDraw.Draw(page).line(points, fill=255, width=pen, joint="curve")
        along = np.concatenate([np.linspace(a, b, 200) for a, b in pairwise(path)])
        for x, y in (along * CELLS).astype(int):
            middle.putpixel((int(x), int(y)), 255)
    return _mask(page, side, np.asarray(middle) > 0)


def shape(random: np.random.Generator, side: int, size: float, hole: bool = True) -> Mask:
    """A filled shape that is as large as `size`, 1 for up to the edges, with a hole."""
    page = Image.new("L", (side * FINE, side * FINE))
    draw, full = ImageDraw.Draw(page), side * FINE
    low, high = (1 - size) / 2 * full, (1 + size) / 2 * full
    kind = random.integers(3)
    if kind == 0:
        draw.ellipse((low, low, high, high), fill=255)
    elif kind == 1:
        draw.rounded_rectangle((low, low, high, high), random.uniform(0.1, 0.3) * full, fill=255)
    else:
        turns = np.sort(random.uniform(0, 2 * np.pi, 9))
        reach = random.uniform(0.75, 1, 9) * (high - low) / 2
        corners = np.stack([np.cos(turns) * reach, np.sin(turns) * reach], 1) + full / 2
        draw.polygon([tuple(corner) for corner in corners], fill=255)
    if hole:
        x, y = random.uniform(0.4, 0.6, 2) * full
        draw.ellipse((x - full / 8, y - full / 8, x + full / 8, y + full / 8), fill=0)
    cells = np.asarray(page.resize((CELLS, CELLS), Image.Resampling.BOX))
    return _mask(page, side, cells == 255)


def _mask(page: Image.Image, side: int, ink: np.ndarray) -> Mask:
    coverage = np.asarray(page.resize((side, side), Image.Resampling.BOX), float) / 255
    fine = np.asarray(page.resize((CELLS * 10, CELLS * 10), Image.Resampling.BOX)) == 0
    away = np.asarray(distance_transform_edt(fine)).reshape(CELLS, 10, CELLS, 10).min((1, 3))
    return Mask(coverage, ink, away > 18)


def painted(mask: Mask, ink, paper) -> np.ndarray:
    """Colours (h, w, 3) of ink on paper."""
    coverage = mask.coverage[..., None]
    return coverage * np.array(ink, float) + (1 - coverage) * np.array(paper, float)


def saved(pixels: np.ndarray, mask: Mask, suffix: str = ".png") -> Case:
    buffer = io.BytesIO()
    image = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    image.save(buffer, {".png": "PNG", ".jpg": "JPEG"}[suffix], quality=85)
    return Case(buffer.getvalue(), suffix, mask.ink, mask.paper)


def clear(mask: Mask, colour) -> Case:
    """Ink of a colour on transparent ground."""
    alpha = mask.coverage[..., None] * 255
    return saved(np.concatenate([np.broadcast_to(colour, (*alpha.shape[:2], 3)), alpha], 2), mask)


def lit(random: np.random.Generator, pixels: np.ndarray) -> np.ndarray:
    """As a camera sees it: light from one side, dark corners, noise."""
    side = len(pixels)
    y, x = np.mgrid[:side, :side] / side - 0.5
    turn, fall = random.uniform(0, 2 * np.pi), random.uniform(0.2, 0.55)
    light = (
        0.8 + fall * (x * np.cos(turn) + y * np.sin(turn)) - random.uniform(0, 0.5) * (x**2 + y**2)
    )
    return pixels * light[..., None] + random.normal(0, random.uniform(2, 7), pixels.shape)


def pen(random: np.random.Generator) -> float:
    return random.uniform(0.03, 0.07)


def apart(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two colours that differ by 100 in one part at least, and by 40 at most in grey."""
    weights = np.array([0.299, 0.587, 0.114])
    while True:
        ink, paper = random.integers(0, 256, (2, 3))
        if abs(ink - paper).max() >= 100 and abs(weights @ (ink - paper)) <= 40:
            return ink, paper


def sticker(random: np.random.Generator) -> Case:
    """A shape filled with white, its outline black, on transparent ground."""
    whole = shape(random, 280, random.uniform(0.8, 1), hole=False)
    inside = np.asarray(distance_transform_edt(whole.coverage == 1))
    line = (whole.coverage > 0) & (inside < 280 * 0.05)
    cells = line.reshape(CELLS, 10, CELLS, 10).mean((1, 3))
    away = np.asarray(distance_transform_edt(~line)).reshape(CELLS, 10, CELLS, 10).min((1, 3))
    colours = np.where(line[..., None], 0, 255)
    alpha = whole.coverage[..., None] * 255
    mask = Mask(whole.coverage, cells > 0.9, away > 18)
    return saved(np.concatenate([np.broadcast_to(colours, (280, 280, 3)), alpha], 2), mask)


def framed(random: np.random.Generator, opaque: bool) -> Case:
    mask = lines(random, 280, pen(random))
    wide = random.integers(5, 26)
    coverage = mask.coverage.copy()
    inner = np.zeros((280, 280), bool)
    inner[wide:-wide, wide:-wide] = True
    coverage[~inner] = 1
    cells = np.zeros((CELLS, CELLS), bool)
    cells[5:-5, 5:-5] = True
    mask = Mask(coverage, mask.ink, mask.paper & cells)
    return saved(painted(mask, [0] * 3, [255] * 3), mask) if opaque else clear(mask, [0] * 3)


def page_svg(random: np.random.Generator) -> Case:
    """An SVG whose page is a rectangle that ends within a pixel, dark or light."""
    ink, paper = random.choice([("#000", "#fff"), ("#fff", "#223")])
    path = random.uniform(12, 88, (5, 2))
    page = Image.new("L", (28 * 10 * FINE, 28 * 10 * FINE))
    points = [tuple(point) for point in path / 100 * 28 * 10 * FINE]
    ImageDraw.Draw(page).line(points, fill=255, width=round(0.06 * 28 * 10 * FINE), joint="curve")
    middle = np.zeros((CELLS, CELLS), bool)
    along = np.concatenate([np.linspace(a, b, 200) for a, b in pairwise(path)])
    middle[tuple((along / 100 * CELLS).astype(int)[:, ::-1].T)] = True
    mask = _mask(page, 280, middle)
    text = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in path)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect x=".3" y=".3" width="99.5" height="99.5" fill="{paper}"/>'
        f'<path d="{text}" fill="none" stroke="{ink}" stroke-width="6"/></svg>'
    )
    return Case(svg.encode(), ".svg", mask.ink, mask.paper)


def thin(random: np.random.Generator) -> Case:
    side = int(random.choice([800, 1000, 1200]))
    mask = lines(random, side, random.uniform(1.5, 3) / side)
    return saved(painted(mask, [0] * 3, [255] * 3), mask)


def with_mask(make: Callable[[np.random.Generator], Mask], paint) -> Callable:
    def case(random: np.random.Generator) -> Case:
        mask = make(random)
        return paint(random, mask)

    return case


def usual(random: np.random.Generator) -> Mask:
    return lines(random, 280, pen(random))


KINDS: dict[str, Callable[[np.random.Generator], Case]] = {
    "dark lines on white": with_mask(
        usual, lambda r, m: saved(painted(m, [r.integers(60)] * 3, [255] * 3), m)
    ),
    "light lines on black": with_mask(
        usual, lambda r, m: saved(painted(m, [r.integers(200, 256)] * 3, [0] * 3), m)
    ),
    "pale ink on white": with_mask(
        usual,
        lambda r, m: saved(
            painted(
                m, [(255, 235, 60), (190, 190, 190), (255, 200, 210)][r.integers(3)], [255] * 3
            ),
            m,
        ),
    ),
    "colours as dark as each other": with_mask(
        usual, lambda r, m: saved(painted(m, *apart(r)), m, ".png")
    ),
    "dark lines, transparent": with_mask(usual, lambda r, m: clear(m, r.integers(0, 80, 3))),
    "white lines, transparent": with_mask(usual, lambda r, m: clear(m, [255] * 3)),
    "icons up to the edge, transparent": with_mask(
        lambda r: shape(r, 280, 1), lambda r, m: clear(m, r.integers(0, 200, 3))
    ),
    "white stickers, transparent": sticker,
    "framed, transparent": lambda r: framed(r, False),
    "framed, opaque": lambda r: framed(r, True),
    "large filled shapes on white": with_mask(
        lambda r: shape(r, 280, r.uniform(0.8, 1)),
        lambda r, m: saved(painted(m, r.integers(0, 120, 3), [255] * 3), m),
    ),
    "SVG with a page": page_svg,
    "photographed paper": with_mask(
        usual,
        lambda r, m: saved(
            lit(r, painted(m, [r.integers(20, 110)] * 3, r.integers(190, 250, 3))), m, ".jpg"
        ),
    ),
    "photographed blackboard": with_mask(
        usual,
        lambda r, m: saved(
            lit(r, painted(m, [r.integers(180, 250)] * 3, r.integers(30, 80, 3))), m, ".jpg"
        ),
    ),
    "thin lines on a large page": thin,
}


def verdict(case: Case, levels: np.ndarray) -> str:
    ink, paper = np.median(levels[case.ink]), np.median(levels[case.paper])
    if paper > ink:
        return "inverted"
    return "washed out" if ink < 128 or paper > 32 else "well"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Count images that come in inverted or washed out."
    )
    parser.add_argument("--sheet", type=Path, help="PNG file for one image of each kind")
    sheet_path = parser.parse_args().sheet
    totals = {"inverted": 0, "washed out": 0}
    tiles = []
    print("| images | inverted | washed out |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (kind, make) in enumerate(KINDS.items()):
            found = dict.fromkeys(("well", *totals), 0)
            for seed in range(EACH):
                case = make(np.random.default_rng((number, seed)))
                path = Path(folder) / f"{number}-{seed}{case.suffix}"
                path.write_bytes(case.file)
                levels = open_images(path, SHAPE).sources[0].levels(np.array([0]))[0, 0]
                found[verdict(case, levels)] += 1
                if seed == 0:
                    tiles.append((case, levels))
            print(f"| {kind} | {found['inverted']} | {found['washed out']} |")
            totals = {name: total + found[name] for name, total in totals.items()}
    count = EACH * len(KINDS)
    shares = (f"{total} ({100 * total / count:.0f} %)" for total in totals.values())
    print(f"| **all {count}** | {' | '.join(shares)} |")
    if sheet_path is not None:
        save_sheet(tiles, sheet_path)


def save_sheet(tiles: list[tuple[Case, np.ndarray]], path: Path) -> None:
    """Each file as a viewer shows it, on grey where it is transparent, over what came in."""
    side, gap = 84, 6
    sheet = Image.new("RGB", (len(tiles) * (side + gap) + gap, 2 * (side + gap) + gap), (128,) * 3)
    for n, (case, levels) in enumerate(tiles):
        if case.suffix == ".svg":
            from limner.data.formats.svg import render_svg

            shown = Image.fromarray(render_svg(case.file, "page", side))
        else:
            shown = Image.open(io.BytesIO(case.file))
        shown = shown.convert("RGBA").resize((side, side), Image.Resampling.BOX)
        at = gap + n * (side + gap)
        sheet.paste(shown, (at, gap), shown)
        below = Image.fromarray(levels).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(below, (at, side + 2 * gap))
    sheet.save(path, optimize=True)


if __name__ == "__main__":
    main()
