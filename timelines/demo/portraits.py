"""Profile pictures: plain faces, and emblems for those who do not show theirs."""

from random import Random

from django.conf import settings

from socialgraph.images import CleanImage
from timelines.demo.drawing import Canvas, Color, hsv, mixed, ridge

SKIN: list[Color] = [
    *((255, 224, 196), (247, 207, 170), (234, 184, 140), (214, 158, 112), (186, 128, 84)),
    *((158, 103, 66), (128, 80, 52), (98, 60, 40), (74, 45, 31)),
]
HAIR: list[Color] = [
    *((28, 24, 26), (46, 33, 28), (74, 48, 33), (112, 70, 40), (158, 104, 52), (205, 160, 88)),
    *((150, 62, 36), (172, 172, 178), (222, 222, 226), (86, 60, 120), (38, 96, 110)),
]
FACES = 0.62  # of all portraits
INK: Color = (34, 28, 34)


def portrait(random: Random) -> CleanImage:
    hue = random.random()
    side = settings.AVATAR_SIDE
    canvas = Canvas(side, side, hsv(hue, 0.2, 0.97), hsv(hue + random.choice((0.06, 0.1, -0.08)), 0.4, 0.86))
    drawn = _face if random.random() < FACES else random.choice([_tiles, _rings, _hills, _leaf, _cat, _boat])
    drawn(canvas, random, hue)
    return canvas.finished()


def _face(canvas: Canvas, random: Random, hue: float) -> None:
    skin = random.choice(SKIN)
    hair = random.choice(HAIR[:6] if random.random() < 0.8 else HAIR)
    shirt = hsv(hue + random.choice((0.4, 0.5, 0.6)), random.uniform(0.4, 0.7), random.uniform(0.45, 0.9))
    shade = mixed(skin, (90, 40, 30), 0.22)
    style = random.choice(["short", "short", "bob", "long", "bun", "curls", "curls", "scarf", "bald", "cap", "tuft"])
    cover = shirt if style == "scarf" else hair
    if style in ("bob", "long", "scarf"):
        canvas.disc(0.5, 0.45, 0.29, 0.3, cover)
        canvas.box(0.21, 0.45, 0.79, {"bob": 0.64, "long": 0.95, "scarf": 0.86}[style], cover, radius=0.1)
    if style == "bun":
        canvas.disc(0.5, 0.13, 0.1, 0.09, hair)
    if style == "curls":
        for x, y in ((0.29, 0.36), (0.34, 0.25), (0.44, 0.19), (0.56, 0.19), (0.66, 0.25), (0.71, 0.36), (0.5, 0.24)):
            canvas.disc(x, y, 0.105, 0.1, hair)
    canvas.disc(0.5, 1.06, 0.4, 0.3, shirt)
    canvas.box(0.43, 0.6, 0.57, 0.84, shade, radius=0.06)
    for x in (0.275, 0.725):
        canvas.disc(x, 0.49, 0.045, 0.06, shade if style != "scarf" else cover)
    canvas.disc(0.5, 0.48, 0.225, 0.265, skin)
    _hair_in_front(canvas, style, cover, hsv(hue + 0.5, 0.6, 0.75))
    _features(canvas, random, skin, hair if style != "bald" else HAIR[1])


def _hair_in_front(canvas: Canvas, style: str, hair: Color, hat: Color) -> None:
    if style in ("short", "bun", "bob", "long"):
        canvas.slice(0.5, 0.42, 0.25, 188, 352, hair)
        canvas.disc(0.41, 0.36, 0.15, 0.075, hair)
    elif style == "curls":
        canvas.disc(0.4, 0.29, 0.1, 0.07, hair)
        canvas.disc(0.58, 0.28, 0.11, 0.07, hair)
        canvas.disc(0.5, 0.27, 0.12, 0.06, hair)
    elif style == "tuft":
        canvas.slice(0.5, 0.4, 0.235, 205, 335, hair)
        canvas.polygon([(0.44, 0.22), (0.52, 0.09), (0.6, 0.23)], hair)
    elif style == "cap":
        canvas.slice(0.5, 0.41, 0.26, 180, 360, hat)
        canvas.box(0.46, 0.375, 0.85, 0.42, mixed(hat, INK, 0.3), radius=0.02)
    elif style == "scarf":
        canvas.slice(0.5, 0.43, 0.255, 192, 348, hair)


def _features(canvas: Canvas, random: Random, skin: Color, hair: Color) -> None:
    for x in (0.41, 0.59):
        canvas.disc(x, 0.49, 0.021, 0.027, INK)
        canvas.disc(x + 0.007, 0.482, 0.006, 0.007, (255, 255, 255))
        canvas.arc(x, 0.455, 0.05, 0.03, 200, 340, mixed(hair, INK, 0.4), 0.013)
        canvas.disc(x + (0.07 if x > 0.5 else -0.07), 0.57, 0.04, 0.028, (236, 96, 96), 70)
    canvas.arc(0.5, 0.53, 0.028, 0.03, 20, 160, mixed(skin, (80, 30, 20), 0.45), 0.011)
    if random.random() < 0.2:
        canvas.slice(0.5, 0.585, 0.2, 20, 160, hair)
        canvas.disc(0.5, 0.585, 0.11, 0.04, skin)
    if random.random() < 0.35:
        canvas.slice(0.5, 0.59, 0.075, 0, 180, (150, 40, 48))
        canvas.box(0.45, 0.59, 0.55, 0.608, (255, 255, 255), radius=0.008)
    else:
        canvas.arc(0.5, 0.58, 0.075, 0.06, 25, 155, (130, 44, 44), 0.016)
    if random.random() < 0.25:
        for x in (0.41, 0.59):
            canvas.arc(x, 0.49, 0.07, 0.065, 0, 360, INK, 0.012)
        canvas.line([(0.48, 0.485), (0.52, 0.485)], INK, 0.012)


def _tiles(canvas: Canvas, random: Random, hue: float) -> None:
    """Quarters of circles on a grid of three."""
    colors = [hsv(hue + step, 0.55, value) for step in (0, 0.08, 0.5) for value in (0.55, 0.95)]
    side = 1 / 3
    for column in range(3):
        for row in range(3):
            x, y = column * side, row * side
            canvas.box(x, y, x + side, y + side, random.choice(colors))
            corner = random.randrange(4)
            cx, cy = x + side * (corner in (1, 2)), y + side * (corner in (2, 3))
            box_start = {0: 0, 1: 90, 2: 180, 3: 270}[corner]
            canvas.slice(cx, cy, side, box_start, box_start + 90, random.choice(colors))


def _rings(canvas: Canvas, random: Random, hue: float) -> None:
    x, y = random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)
    for n in range(7, 0, -1):
        canvas.disc(x, y, n * 0.13, n * 0.13, hsv(hue + n * 0.035, 0.5, 0.95 - 0.05 * n))


def _hills(canvas: Canvas, random: Random, hue: float) -> None:
    canvas.disc(random.uniform(0.3, 0.7), 0.36, 0.15, 0.15, (255, 240, 206))
    for n in range(4):
        line = ridge(random, 0.5 + n * 0.13, 0.05, 10)
        canvas.polygon([*line, (1, 1), (0, 1)], hsv(hue + 0.03 * n, 0.5, 0.72 - 0.14 * n))


def _leaf(canvas: Canvas, random: Random, hue: float) -> None:
    green = hsv(random.uniform(0.26, 0.42), 0.6, 0.5)
    canvas.line([(0.5, 0.92), (0.5, 0.18)], green, 0.025)
    for n in range(5):
        y, reach = 0.8 - n * 0.13, 0.3 - n * 0.035
        for sign in (-1, 1):
            tip, middle = (0.5 + sign * reach, y - 0.16), (0.5 + sign * reach * 0.75, y + 0.01)
            canvas.polygon([(0.5, y), middle, tip, (0.5 + sign * reach * 0.35, y - 0.15)], mixed(green, INK, 0.06 * n))


def _cat(canvas: Canvas, random: Random, hue: float) -> None:
    fur = random.choice([(60, 56, 66), (214, 140, 70), (232, 226, 218), (130, 122, 120), (92, 66, 50)])
    for x, sign in ((0.33, -1), (0.67, 1)):
        canvas.polygon([(x - 0.11, 0.42), (x + sign * 0.07, 0.14), (x + 0.11, 0.36)], fur)
        canvas.polygon([(x - 0.05, 0.38), (x + sign * 0.05, 0.22), (x + 0.05, 0.36)], (240, 160, 160))
    canvas.disc(0.5, 1.02, 0.34, 0.28, fur)
    canvas.disc(0.5, 0.54, 0.29, 0.25, fur)
    for x in (0.39, 0.61):
        canvas.disc(x, 0.51, 0.055, 0.06, hsv(hue + 0.5, 0.5, 0.95))
        canvas.disc(x, 0.51, 0.018, 0.05, INK)
    canvas.polygon([(0.47, 0.6), (0.53, 0.6), (0.5, 0.635)], (240, 140, 140))
    pale = mixed(fur, (255, 255, 255), 0.5) if sum(fur) < 500 else mixed(fur, INK, 0.5)
    for sign in (-1, 1):
        canvas.arc(0.5 + sign * 0.04, 0.635, 0.04, 0.035, 10, 170, pale, 0.012)
        for y in (0.6, 0.65):
            canvas.line([(0.5 + sign * 0.12, y), (0.5 + sign * 0.34, y + (y - 0.62) * 1.5)], pale, 0.008)


def _boat(canvas: Canvas, random: Random, hue: float) -> None:
    canvas.polygon([(0.49, 0.14), (0.49, 0.62), (0.2, 0.62)], (255, 250, 242))
    canvas.polygon([(0.52, 0.24), (0.52, 0.62), (0.76, 0.62)], hsv(hue + 0.5, 0.55, 0.9))
    canvas.polygon([(0.16, 0.66), (0.84, 0.66), (0.74, 0.8), (0.26, 0.8)], hsv(hue + 0.55, 0.6, 0.5))
    for n in range(3):
        for x in range(6):
            canvas.disc(x * 0.2 + n * 0.07, 0.86 + n * 0.07, 0.12, 0.06, hsv(0.56 + n * 0.02, 0.5, 0.8 - 0.12 * n))
