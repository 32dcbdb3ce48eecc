"""How a hand draws cats, dogs and fish.

A head or a body has half-axes of about 1 and its middle at the origin; animals look to the right.
"""

from collections.abc import Iterable

from limner.data.doodles.faces import eyes, smile
from limner.data.doodles.hand import Hand, mirror


def cat(hand: Hand) -> None:
    """Ears that point, and whiskers: a face, or the whole of it walking or sitting."""
    way = hand.between(0.0, 1.0)
    if way < 0.65:
        _cat_face(hand)
    elif way < 0.82:
        _cat_walking(hand)
    else:
        _cat_sitting(hand)


def dog(hand: Hand) -> None:
    """Ears that hang, and a muzzle: a face, or the whole of it in outline or in ovals."""
    way = hand.between(0.0, 1.0)
    if way < 0.5:
        _dog_face(hand)
    elif way < 0.75:
        _dog_outline(hand)
    else:
        _dog_of_ovals(hand)


def _muzzle(hand: Hand, lip: complex, width: float) -> None:
    """The two arcs below a nose."""
    sag = 0.45j * width
    left, right = lip - 0.5 * width + sag, lip + 0.5 * width + sag
    hand.draw(
        hand.curve(hand.near(lip - width, 0.04), left, lip, right, hand.near(lip + width, 0.04))
    )


def _legs(hand: Hand, xs: Iterable[float], top: float) -> None:
    kind, length = hand.pick("stick", "stick", "post", "foot"), hand.between(0.5, 0.9)
    for x in xs:
        hip = complex(x, top)
        foot = hand.near(hip + 1j * length, 0.1)
        if kind == "stick":
            hand.draw(hand.line(hip, foot))
        elif kind == "post":
            hand.draw(hand.line(hip - 0.12, foot - 0.12, foot + 0.12, hip + 0.12))
        else:
            hand.draw(hand.line(hip, foot, foot + 0.2))


def _cat_face(hand: Hand) -> None:
    width, height = hand.between(0.85, 1.15), hand.between(0.7, 1.05)
    lean, rise = hand.between(0.6, 1.05) * width, hand.between(1.25, 1.8) * height
    inner = hand.between(0.15, 0.45) * width
    ear = [0.88 * width - 0.45j * height, complex(lean, -rise), inner - 0.88j * height]
    other = [hand.near(p, 0.12) for p in mirror(ear)]
    if hand.chance(0.4):
        chin = hand.between(0.8, 1.1) * height
        jaw = [-width + 0.1j, -0.55 * width + 0.8j * chin]
        cheeks = [*jaw, 1j * chin, *reversed(mirror(jaw))]
        closing = hand.curve(other[0], *cheeks, hand.near(ear[0], 0.1))
        hand.draw(hand.line(*ear, *reversed(other)), closing)
    else:
        hand.draw(hand.loop(0j, width, height))
        shape = hand.line if hand.chance(0.75) else hand.curve
        hand.draw(shape(*other))
        hand.draw(shape(*ear))
    if hand.chance(0.15):  # the ears' insides
        for points in (other, ear):
            middle = sum(points) / 3
            hand.draw(hand.line(*(middle + 0.45 * (p - middle) for p in points)))
    hand.move(hand.near(0j, 0.12), hand.between(0.8, 1.0))
    _cat_features(hand, width, height)


def _cat_features(hand: Hand, width: float, height: float) -> None:
    if hand.chance(0.93):
        eyes(hand, hand.between(0.3, 0.45) * width, hand.between(-0.3, -0.1), 0.13)
    nose = 0.2j * height
    kind = hand.pick("triangle", "full", "none")
    if kind == "triangle":
        hand.draw(hand.line(nose - 0.12, nose + 0.12, hand.near(nose + 0.16j, 0.03), nose - 0.12))
    elif kind == "full":
        hand.draw(hand.spiral(nose, 0.09))
    mouth = hand.pick("muzzle", "muzzle", "smile", "none")
    if mouth == "muzzle":
        _muzzle(hand, nose + 0.2j, 0.36)
    elif mouth == "smile":
        smile(hand, 0.45j * height, 0.32, 0.18)
    if hand.chance(0.85):
        _whiskers(hand, nose + 0.05j, width)


def _whiskers(hand: Hand, nose: complex, width: float) -> None:
    reach, count, fan = hand.between(1.1, 1.8) * width, hand.pick(2, 3, 3), hand.between(0.1, 0.3)
    crossed = hand.chance(0.12)
    for i in range(count):
        y = (i - (count - 1) / 2) * fan * 1j
        left, right = (hand.near(nose + x + 1.8 * y, 0.15) for x in (-reach, reach))
        if crossed:
            hand.draw(hand.line(left, right.conjugate() + 2j * nose.imag))
        else:
            root = hand.between(0.3, 0.5) * width
            hand.draw(hand.line(nose - root + 0.6 * y, left))
            hand.draw(hand.line(nose + root + 0.6 * y, right))


def _cat_head(hand: Hand, at: complex, size: float) -> None:
    """One of few strokes, for a body to bear."""
    hand.move(at, size)
    hand.draw(hand.loop(0j, 1.0, 0.85, points=13))
    ear = [0.92 - 0.35j, hand.near(0.8 - 1.5j, 0.15), 0.25 - 0.8j]
    hand.draw(hand.line(*mirror(ear)))
    hand.draw(hand.line(*(hand.near(p) for p in ear)))
    eyes(hand, 0.38, -0.1, 0.12)
    if hand.chance(0.5):
        smile(hand, 0.3j, 0.3, 0.2)
    if hand.chance(0.4):
        _whiskers(hand, 0.25j, 1.0)
    hand.move(0j, 1.0)


def _cat_walking(hand: Hand) -> None:
    height = hand.between(0.38, 0.55)
    if hand.chance(0.5):
        hand.draw(hand.loop(0j, 1.1, height))
    else:
        hand.draw(hand.curve(0.9 - 0.4j, -0.1 - 0.35j, -1 - 0.45j, -1.15 + 0.1j, -1 + 0.4j))
        hand.draw(hand.line(-0.9 + 0.4j, 0.9 + 0.42j))
    _cat_head(hand, hand.near(1.2 - 0.6j, 0.12), hand.between(0.42, 0.6))
    _legs(hand, (-0.85, -0.5, 0.45, 0.8), 0.8 * height)
    tip = hand.near(-1.5 - 1.2j, 0.3)
    hand.draw(hand.curve(-1.05 - 0.2j, -1.45 - 0.3j, tip, tip + hand.pick(-0.25, 0.25) - 0.2j))


def _cat_sitting(hand: Hand) -> None:
    wide = hand.between(0.65, 0.95)
    flank = [0.4 - 0.5j, 0.75 * wide + 0.1j, wide + 0.9j, 0.7 + 1.35j]
    hand.draw(hand.curve(*mirror(flank)), hand.curve(*reversed(flank)))
    _cat_head(hand, hand.near(-1j, 0.12), hand.between(0.55, 0.85))
    if hand.chance(0.6):
        for x in (-0.2, 0.2):
            hand.draw(hand.line(x + 0.4j, hand.near(1.1 * x + 1.3j)))
    hand.draw(hand.curve(0.65 + 1.3j, 1.25 + 1.2j, 1.4 + 0.7j, hand.near(1.5 + 0.1j, 0.35)))


def _dog_face(hand: Hand) -> None:
    width, height = hand.between(0.7, 1.0), hand.between(0.8, 1.15)
    if hand.chance(0.6):
        hand.draw(hand.loop(0j, width, height))
    else:
        cheek = [0.75 * width - 0.85j * height, width + 0j, 0.45 * width + 0.95j * height]
        crown = [-0.85j * height, hand.near(mirror(cheek)[0], 0.1)]
        hand.draw(hand.curve(*mirror(cheek), *reversed(cheek), *crown))
    for ear in _dog_ears(hand, width, height):
        hand.draw(hand.curve(*(hand.near(p, 0.09) for p in ear)))
    hand.move(hand.near(0j, 0.1), hand.between(0.85, 1.0))
    eyes(hand, 0.38 * width, hand.between(-0.4, -0.2), 0.14)
    nose, size = 0.2j * height, hand.between(0.12, 0.22)
    if hand.chance(0.6):
        hand.draw(hand.spiral(nose, 1.2 * size, 3, 15))
    else:
        hand.draw(hand.loop(nose, 1.3 * size, size, points=11))
    lip = 0.55j * height
    if hand.chance(0.7):
        hand.draw(hand.line(nose + 1j * size, lip))
        _muzzle(hand, lip, 0.4)
    else:
        smile(hand, lip - 0.1j, 0.4, 0.2)
    if hand.chance(0.5):  # tongue
        side = [0.15 + 0.1j, 0.14 + 0.5j]
        hand.draw(hand.curve(*(lip + p for p in (*mirror(side), *reversed(side)))))


def _dog_ears(hand: Hand, width: float, height: float) -> tuple[list[complex], list[complex]]:
    """Broad or thin ones that hang to some length, or short ones that fold over."""
    root = hand.between(0.4, 0.7) * width - hand.between(0.8, 0.95) * 1j * height
    if hand.chance(0.75):
        out, long = hand.between(1.05, 1.5) * width, hand.between(-0.1, 0.9)
        rise = hand.between(0.7, 1.1) * height
        ear = [
            root,
            complex(out, -rise),
            complex(hand.between(1.0, 1.15) * out, long),
            complex(0.95 * width, long + hand.between(0.0, 0.3)),
            complex(hand.between(0.7, 0.9) * width, -0.35 * height),
        ]
    else:
        fold = root + hand.between(0.2, 0.4) - hand.between(0.3, 0.55) * 1j
        tip = root + hand.between(0.6, 0.9) + hand.between(0.1, 0.4) * 1j
        ear = [root - 0.15, fold, tip, 0.88 * width - 0.45j * height]
    return mirror(ear), ear


def _dog_outline(hand: Hand) -> None:
    rump, legs, up = -hand.between(0.7, 1.2), hand.between(0.6, 1.1), hand.between(-0.15, 0.25)
    neck, chest = hand.near(0.65 - 0.45j), hand.near(0.95 + 0.15j)
    brow = [neck, hand.near(0.8 - 1j), 1.15 - 1.1j, 1.35 - 0.85j]
    snout = [hand.near(1.85 - 0.75j, 0.1), 1.85 - 0.5j, 1.3 - 0.35j]
    hand.draw(hand.curve(*brow, *snout, 1 - 0.1j, chest))
    paw = 0.3j + 1j * legs
    hind = [rump - 0.42j, hand.near(rump - 0.1 + paw), rump + 0.18 + paw, rump + 0.3 + 0.32j]
    hand.draw(hand.line(neck, *hind, 0.5 + 0.32j, hand.near(0.55 + paw), 0.82 + paw, chest))
    if hand.chance(0.5):  # the legs behind
        for x in (rump + 0.45, 0.3):
            foot = x + 0.95 * paw
            hand.draw(hand.line(x + 0.3j, foot, foot + 0.2, x + 0.25 + 0.3j))
    tail = hand.near(rump - 0.5 - 1j + 1j * up, 0.2)
    hand.draw(hand.curve(rump - 0.4j, rump - 0.35 - 0.6j, tail))
    ear = [0.95 - 1.05j, 0.7 - 0.85j, hand.near(0.72 - 0.4j, 0.12), 1 - 0.5j, 1.05 - 0.85j]
    hand.draw(hand.curve(*ear))
    hand.dot(1.3 - 0.8j)
    if hand.chance(0.6):
        hand.draw(hand.spiral(1.83 - 0.68j, 0.09))
    if hand.chance(0.5):
        hand.draw(hand.line(1.8 - 0.5j, 1.4 - 0.48j))


def _dog_of_ovals(hand: Hand) -> None:
    height = hand.between(0.35, 0.5)
    hand.draw(hand.loop(0j, 1.1, height))
    hand.move(hand.near(1.25 - 0.65j, 0.12), hand.between(0.85, 1.15))
    hand.draw(hand.loop(0j, 0.42, 0.38, points=13))
    if hand.chance(0.6):
        hand.draw(hand.curve(0.3 - 0.2j, 0.85 - 0.1j, 0.85 + 0.2j, 0.3 + 0.25j))
        hand.draw(hand.spiral(0.85 + 0j, 0.08))
    else:
        hand.draw(hand.spiral(0.3 + 0j, 0.1))
        hand.draw(hand.line(0.35 + 0.2j, 0.05 + 0.22j))
    hand.draw(hand.loop(hand.near(-0.3 + 0.1j), 0.15, 0.38, 0.25, points=11))
    hand.dot(0.12 - 0.12j)
    hand.move(0j, 1.0)
    _legs(hand, (-0.85, -0.55, 0.45, 0.8), 0.8 * height)
    hand.draw(hand.curve(-1.05 - 0.1j, -1.35 - 0.3j, hand.near(-1.5 - 0.75j, 0.2)))


def fish(hand: Hand) -> None:
    """The ribbon that crosses itself at the tail, or an oval with a tail put on."""
    plump, fork, end = hand.between(0.4, 0.85), hand.between(0.3, 0.65), hand.between(-1.75, -1.45)
    tips = hand.near(end - 1j * fork), hand.near(end + 1j * fork)
    if hand.chance(0.5):
        back = [-1.05 + 0j, -0.4 - 0.8j * plump, 0.35 - 1j * plump]
        belly = [0.35 + 1j * plump, -0.4 + 0.8j * plump, -1.05 + 0.05j]
        hand.draw(hand.curve(tips[1], *back, hand.near(1.05 + 0j), *belly, tips[0]))
        if hand.chance(0.8):
            hand.draw(hand.curve(tips[0], end + hand.between(0.0, 0.2) + 0j, tips[1]))
    else:
        hand.draw(hand.loop(0j, 1.05, plump))
        root = hand.near(-0.95 + 0j)
        notch = [hand.near(end + 0.2 + 0j)] if hand.chance(0.4) else []
        hand.draw(hand.line(root, tips[0], *notch, tips[1], root))
    eye = hand.near(0.6 - 0.25j * plump)
    hand.draw(hand.spiral(eye, 0.07) if hand.chance(0.6) else hand.loop(eye, 0.12, 0.12, points=9))
    if hand.chance(0.5):  # gill
        hand.draw(hand.curve(0.3 - 0.55j * plump, hand.near(0.1 + 0j), 0.3 + 0.55j * plump))
    if hand.chance(0.5):  # mouth
        hand.draw(hand.curve(0.98 + 0.12j, 0.8 + 0.25j * plump, 0.62 + 0.2j * plump))
    if hand.chance(0.4):  # fin
        top = plump + hand.between(0.25, 0.5)
        hand.draw(hand.curve(-0.5 - 0.78j * plump, -0.1 - 1j * top, 0.3 - 0.95j * plump))
    if hand.chance(0.2):  # scales
        for x in (-0.55, -0.27, 0.0):
            hand.draw(hand.curve(x - 0.3j * plump, x + 0.15 + 0j, x + 0.3j * plump))
