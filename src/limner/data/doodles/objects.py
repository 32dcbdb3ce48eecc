"""How a hand draws houses, flowers, trees and cars.

The ground is below, a wall or a crown has half-axes of about 1, and a car drives to the right.
"""

import numpy as np

from limner.data.doodles.hand import Hand, mirror


def house(hand: Hand) -> None:
    """A wall and a roof, in one line or in several, and what is let into them."""
    wide, tall, over = hand.between(0.5, 1.0), hand.between(0.75, 1.5), hand.between(0.0, 0.3)
    peak = complex(hand.between(-0.25, 0.25) * wide, -hand.between(0.5, 1.3))
    left, left_foot = -wide + 0j, -wide + 1j * tall
    right, right_foot = (hand.near(p) for p in mirror([left, left_foot]))
    eaves = left - over + 0.5j * over, right + over + 0.5j * over
    way = hand.pick("box", "box", "pentagon", "sides")
    if way == "pentagon":
        hand.draw(hand.line(left, left_foot, right_foot, right, peak, hand.near(left)))
        if hand.chance(0.8):
            hand.draw(hand.line(left, right))
    else:
        if way == "box":
            hand.draw(hand.line(left, left_foot, right_foot, right, hand.near(left)))
        else:
            hand.draw(hand.line(left, left_foot))
            hand.draw(hand.line(right, right_foot))
            hand.draw(hand.line(left_foot - over, right_foot + over))
        closing = [hand.near(eaves[0])] if way == "sides" or hand.chance(0.6) else []
        hand.draw(hand.line(eaves[0], peak, eaves[1], *closing))
    middle = hand.pick(0.0, 0.0, -0.5, 0.5) * wide
    if hand.chance(0.75):
        _door(hand, middle + 1j * tall, hand.between(0.4, 0.6) * tall)
    for x in (-0.55 * wide, 0.55 * wide):
        if abs(x - middle) > 0.3 * wide and hand.chance(0.4):
            _window(hand, hand.near(x + 0.35j * tall), hand.between(0.13, 0.22))
    if hand.chance(0.2):
        _chimney(hand, peak, eaves[1])


def flower(hand: Hand) -> None:
    """Petals round a core or from a point, a frilled round, a tulip or a rose, on a stem."""
    way = hand.pick("core", "core", "point", "frill", "tulip", "rose")
    core = hand.between(0.22, 0.42)
    if way == "tulip":
        wide = hand.between(0.5, 0.8)
        tip, dip = complex(wide, -hand.between(0.65, 0.95)), 0.4 * wide - 0.35j
        hand.draw(
            hand.line(*mirror([tip, dip]), hand.near(-0.9j), dip, tip),
            hand.curve(tip, 0.9 * wide + 0.1j, 0.5j, -0.9 * wide + 0.1j, *mirror([tip])),
        )
    elif way == "frill":
        hand.draw(hand.cloud(0j, 0.95, 0.9, hand.pick(5, 6, 7, 8)))
        hand.draw(hand.loop(0j, core, core, points=11))
    elif way == "rose":
        turns = hand.pick(2, 3)
        hand.draw(hand.spiral(0j, 0.9, turns, 9 * turns))
        if hand.chance(0.4):
            hand.draw(hand.cloud(0j, 1.2, 1.1, hand.pick(5, 6)))
    else:
        count, first = hand.pick(4, 5, 5, 6, 7), hand.between(0.0, 6.0)
        for i in range(count):
            turn = first + 2 * np.pi * (i + hand.between(-0.15, 0.15)) / count
            _petal(hand, turn, core if way == "core" else 0.05, hand.between(1.5, 2.2) / count)
        if way == "core" or hand.chance(0.4):
            hand.draw(hand.loop(0j, core, core, points=11))
    if way in ("tulip", "rose") or hand.chance(0.88):
        _stem(hand, 0.5 if way == "tulip" else 0.85)


def tree(hand: Hand) -> None:
    """A trunk under a crown of leaves, or a fir."""
    way = hand.pick("cloud", "cloud", "open", "open", "ball", "fir")
    half, low = hand.between(0.14, 0.28), hand.between(1.5, 2.2)
    wide, tall = hand.between(0.8, 1.25), hand.between(0.7, 1.0)
    root = tall * hand.between(0.6, 0.95)
    if way == "fir":
        tiers, edge = hand.pick(2, 3, 4), []
        for tier in range(1, tiers + 1):
            y = 2 * tier / tiers - 1.3
            edge += [hand.near(0.2 + 0.65 * tier / tiers + 1j * y), 0.25 * tier / tiers + y * 1j]
        edge.pop()
        back = [hand.near(p) for p in mirror(edge)]
        hand.draw(hand.line(*reversed(back), -1.3j, *edge, hand.near(back[-1])))
        root, low = 0.7, hand.between(1.1, 1.5)
    elif way == "cloud":
        hand.draw(hand.cloud(0j, wide, tall, hand.pick(5, 6, 7, 8, 9)))
    elif way == "open":
        hand.draw(hand.cloud(0j, wide, tall, hand.pick(4, 5, 6, 7), mouth=1.4 * half / 3))
        root = 0.78 * tall
    else:
        hand.draw(hand.loop(0j, wide, tall))
    if way in ("cloud", "ball") and hand.chance(0.15):  # apples
        for _ in range(4):
            hand.draw(hand.loop(hand.near(0j, 0.5 * tall), 0.09, 0.09, points=7))
    foot = complex(half + hand.between(-0.03, 0.35), low)
    side = [complex(half, root), complex(half, (root + low) / 2), foot]
    other = [hand.near(p, 0.05) for p in mirror(side)]
    if hand.chance(0.35):
        hand.draw(hand.line(*other, *reversed(side)))
    else:
        hand.draw(hand.curve(*other))
        hand.draw(hand.curve(*side))
    if hand.chance(0.15):
        hand.draw(hand.line(foot - 1.3, foot + 0.9))


def car(hand: Hand) -> None:
    """From the side: a saloon, a dome on a box, or a van."""
    long, roof, floor = hand.between(1.3, 1.8), hand.between(0.75, 1.2) * 1j, 0.42j
    rear, front = hand.between(-1.1, -0.7), hand.between(0.7, 1.05)
    tail, nose = hand.near(-long - 0.12j), hand.near(long - 0.08j)
    way = hand.pick("saloon", "saloon", "dome", "van")
    if way == "saloon":
        cabin = [rear - 0.15j, rear + 0.35 - roof, front - 0.5 - roof, front - 0.12j]
        shape = hand.line if hand.chance(0.6) else hand.curve
        outline = shape(-long + floor, tail, *(hand.near(p) for p in cabin), nose, long + floor)
        hand.draw(outline, hand.line(long + floor, hand.near(-long + floor)))
    elif way == "dome":
        hand.draw(hand.line(tail, nose, long + floor, -long + floor, hand.near(tail)))
        peak = rear + 0.3 - roof, front - 0.4 - roof
        hand.draw(hand.curve(rear - 0.12j, *peak, front - 0.1j))
    else:
        rear, front = -long, 0.5
        cabin = [hand.near(-long - roof), hand.near(0.4 - roof), hand.near(0.5 - 0.2j)]
        hand.draw(hand.line(-long + floor, *cabin, nose, long + floor, hand.near(-long + floor)))
    size, kind = hand.between(0.26, 0.42), hand.pick("plain", "plain", "hub", "full")
    for x in (-0.58 * long, 0.58 * long):
        at = hand.near(x + floor + 0.08j)
        hand.draw(hand.loop(at, size, size, points=13))
        if kind == "hub":
            hand.dot(at)
        elif kind == "full":
            hand.draw(hand.spiral(at, 0.6 * size))
    if hand.chance(0.5):
        _pane(hand, rear + 0.3, front - 0.3, roof - 0.2j)
    if hand.chance(0.2):
        hand.draw(hand.loop(long - 0.12 + 0.1j, 0.1, 0.1, points=7))


def _door(hand: Hand, sill: complex, height: float) -> None:
    half, top = hand.between(0.15, 0.25), sill - 1j * height
    if hand.chance(0.75):
        hand.draw(hand.line(sill - half, hand.near(top - half, 0.05), top + half, sill + half))
    else:
        arch = top - half + 0.15j, top, top + half + 0.15j
        hand.draw(hand.curve(sill - half, *arch, sill + half))
    if hand.chance(0.5):
        hand.dot(sill + 0.4 * half - 0.45j * height)


def _window(hand: Hand, at: complex, size: float) -> None:
    if hand.chance(0.8):
        a, b = hand.near(size + size * 1j, 0.04), size - size * 1j
        hand.draw(hand.line(at - a, at + b, at + a, at - b, at - a))
    else:
        hand.draw(hand.loop(at, size, size, points=9))
    if hand.chance(0.5):
        hand.draw(hand.line(at - size * 1j, at + size * 1j))
        hand.draw(hand.line(at - size, at + size))


def _chimney(hand: Hand, peak: complex, eave: complex) -> None:
    low, high = peak + 0.65 * (eave - peak), peak + 0.3 * (eave - peak)
    top = 1j * min(peak.imag - 0.05, high.imag - 0.3)
    hand.draw(hand.line(high, high.real + top, low.real + top, low))
    if hand.chance(0.5):
        mouth = (high.real + low.real) / 2 + top - 0.1j
        hand.draw(hand.curve(*(mouth + complex(0.12 * (-1) ** i, -0.14 * i) for i in range(5))))


def _petal(hand: Hand, turn: float, root: float, half: float) -> None:
    tip, out = hand.between(0.9, 1.2), np.exp(1j * turn)
    belly = complex(0.7 * tip, half)
    knots = np.array([root - 0.1j, belly.conjugate(), tip, belly, root + 0.1j])
    hand.draw(hand.curve(*(out * knots).tolist()))


def _stem(hand: Hand, top: float) -> None:
    length, bow = hand.between(0.9, 2.0), hand.between(-0.3, 0.3)
    middle = complex(bow, top + length / 2)
    hand.draw(hand.curve(1j * top, middle, complex(0.5 * bow, top + length)))
    for side in (-1, 1):
        if hand.chance(0.4):
            root = middle + hand.between(-0.1, 0.3) * 1j
            tip = root + complex(side * hand.between(0.5, 0.8), -hand.between(0.2, 0.6))
            fold = (root + tip) / 2
            hand.draw(hand.curve(root, fold - 0.25j, tip, fold + 0.15j, root))


def _pane(hand: Hand, rear: float, front: float, top: complex) -> None:
    sill = hand.near(rear - 0.1j, 0.04)
    hand.draw(hand.line(sill, rear + 0.15 - top, front - 0.2 - top, front - 0.1j, sill))
    if hand.chance(0.4):
        middle = (rear + front) / 2
        hand.draw(hand.line(middle - top, middle - 0.1j))
