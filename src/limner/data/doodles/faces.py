"""How a hand draws people's faces, and what all faces share.

A head has half-axes of about 1 and its middle at the origin.
"""

import numpy as np

from limner.data.doodles.hand import Hand, mirror, stretch


def face(hand: Hand) -> None:
    """A person's, from the front."""
    width, height = hand.between(0.8, 1.05), hand.between(0.95, 1.2)
    hand.draw(hand.loop(0j, width, height, points=17))
    _hair(hand, width, height)
    if hand.chance(0.25):  # ears
        ear = [0.95 - 0.3j, 1.3 - 0.3j, 1.25 + 0.15j, 0.95 + 0.15j]
        ear = [complex(width * p.real, p.imag) for p in ear]
        hand.draw(hand.curve(*mirror(ear)))
        hand.draw(hand.curve(*ear))
    hand.move(hand.near(0j, 0.12), hand.between(0.85, 1.0))
    apart, y = hand.between(0.3, 0.45) * width, hand.between(-0.35, -0.15)
    eyes(hand, apart, y, hand.between(0.1, 0.15))
    if hand.chance(0.2):  # brows
        for x in (-apart, apart):
            at = complex(x, y - 0.34)
            hand.draw(hand.curve(at - 0.18 + 0.06j, hand.near(at, 0.03), at + 0.18 + 0.06j))
    nose = hand.pick("none", "hook", "bow", "dot")
    if nose == "hook":
        hand.draw(hand.line(hand.near(0.02 - 0.15j), -0.12 + 0.22j, 0.12 + 0.24j))
    elif nose == "bow":
        hand.draw(hand.curve(-0.1 + 0.12j, hand.near(0.25j, 0.04), 0.12 + 0.12j))
    elif nose == "dot":
        hand.dot(0.12j)
    mouth = hand.pick("smile", "smile", "smile", "flat", "open", "grin")
    wide = hand.between(0.35, 0.6) * width
    if mouth == "flat":
        hand.draw(hand.line(hand.near(-wide + 0.55j), hand.near(wide + 0.55j)))
    elif mouth == "open":
        hand.draw(hand.loop(0.6j, 0.5 * wide, 0.17, points=11))
    else:
        smile(hand, 0.42j, wide, hand.between(0.18, 0.38))
        if mouth == "grin":
            hand.draw(hand.line(-wide + 0.42j, wide + 0.42j))


def eyes(hand: Hand, apart: float, y: float, size: float) -> None:
    """Two of a kind, that far from the middle."""
    kind = hand.pick("dot", "full", "full", "ring", "pupil", "slit")
    for x in (-apart, apart):
        at = hand.near(complex(x, y), 0.05)
        if kind == "dot":
            hand.dot(at)
        elif kind == "full":
            hand.draw(hand.spiral(at, 0.7 * size))
        elif kind == "slit":
            hand.draw(hand.line(at - 1j * size, at + 1.2j * size))
        else:
            hand.draw(hand.loop(at, size, 1.15 * size, points=9))
            if kind == "pupil":
                hand.dot(hand.near(at, 0.3 * size))


def smile(hand: Hand, at: complex, width: float, depth: float) -> None:
    """An arc from corner to corner of a mouth, through its depth below them."""
    low = at + 1j * depth
    hand.draw(
        hand.curve(
            hand.near(at - width), low - 0.5 * width, low + 0.5 * width, hand.near(at + width)
        )
    )


def _hair(hand: Hand, width: float, height: float) -> None:
    way = hand.pick("none", "none", "spikes", "curls", "long")
    if way == "spikes":
        count = hand.pick(3, 4, 5, 6)
        for i in range(count):
            out = complex(np.exp(1j * (-2.4 + 1.7 * i / (count - 1))))
            root = complex(width * out.real, height * out.imag)
            hand.draw(hand.line(0.97 * root, hand.near(root + 0.35 * out, 0.1)))
    elif way == "curls":
        out = np.exp(1j * np.linspace(-2.6, -0.5, 15)) * np.tile([1.02, 1.25, 1.08], 5)
        hand.draw(hand.curve(*stretch(out, width, height).tolist()))
    elif way == "long":
        low = hand.between(1.1, 1.4) * width + hand.between(0.3, 1.2) * 1j
        lock = [-0.95j * height, 0.85 * width - 0.75j * height, 1.15 * width + 0j, low]
        for points in (mirror(lock), lock):
            hand.draw(hand.curve(*(hand.near(p) for p in points)))
