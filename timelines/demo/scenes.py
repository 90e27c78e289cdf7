"""Pictures for posts, each with the words that describe it."""

import math
from collections.abc import Callable
from random import Random

from socialgraph.images import CleanImage
from timelines.demo.drawing import Canvas, Color, hsv, mixed, ridge

WIDTH, HEIGHT = 720, 480
H = HEIGHT / WIDTH
SKIES: list[tuple[str, Color, Color]] = [
    ("a pale morning sky", (150, 190, 226), (250, 232, 210)),
    ("an orange evening sky", (92, 84, 150), (255, 170, 110)),
    ("a clear blue sky", (70, 140, 214), (206, 232, 246)),
    ("a pink sky after sunset", (70, 70, 130), (244, 160, 170)),
    ("a grey sky", (132, 144, 158), (214, 218, 220)),
]
NIGHT: tuple[Color, Color] = ((10, 14, 38), (46, 48, 96))


def picture(name: str, random: Random) -> tuple[CleanImage, str]:
    """(the picture, its description)."""
    canvas, words = SCENES[name](random)
    return canvas.finished(), words


def _hills(random: Random) -> tuple[Canvas, str]:
    sky, top, bottom = random.choice(SKIES)
    canvas = Canvas(WIDTH, HEIGHT, top, bottom)
    sun = random.uniform(0.15, 0.85)
    canvas.disc(sun, 0.2, 0.055, 0.055, (255, 246, 220))
    hue = random.choice((0.28, 0.33, 0.55, 0.62, 0.08))
    layers = random.randint(3, 5)
    for n in range(layers):
        near = (n + 1) / layers
        color = mixed(bottom, hsv(hue + 0.02 * n, 0.5, 0.5), 0.35 + 0.65 * near)
        canvas.polygon([*ridge(random, 0.26 + near * 0.24, 0.035), (1, H), (0, H)], color)
    return canvas, f"Hills in {layers} rows under {sky}."


def _night(random: Random) -> tuple[Canvas, str]:
    canvas = Canvas(WIDTH, HEIGHT, *NIGHT)
    for _ in range(random.randint(180, 320)):
        size = random.choice((0.0008, 0.0012, 0.0018, 0.0026))
        canvas.disc(random.random(), random.uniform(0, 0.55), size, size, (255, 250, 230), random.randint(90, 255))
    for _ in range(60):  # the band of the galaxy
        x = random.random()
        canvas.disc(x, 0.42 - 0.35 * x + random.gauss(0, 0.03), 0.06, 0.025, (150, 140, 210), 9)
    words = "A night sky full of stars over dark hills"
    if random.random() < 0.5:
        x, y = random.uniform(0.15, 0.85), random.uniform(0.1, 0.25)
        canvas.disc(x, y, 0.05, 0.05, (250, 244, 220))
        canvas.disc(x + 0.022, y - 0.012, 0.046, 0.046, mixed(*NIGHT, 0.25))
        words += ", with a crescent moon"
    else:
        x, y = random.uniform(0.2, 0.7), random.uniform(0.08, 0.2)
        canvas.line([(x, y), (x + 0.17, y + 0.08)], (230, 236, 255), 0.0028)
        words += ", with one falling star"
    canvas.polygon([*ridge(random, 0.52, 0.02), (1, H), (0, H)], (8, 10, 20))
    return canvas, f"{words}."


def _sea(random: Random) -> tuple[Canvas, str]:
    sky, top, bottom = random.choice(SKIES)
    canvas = Canvas(WIDTH, HEIGHT, top, bottom)
    canvas.disc(random.uniform(0.2, 0.8), 0.27, 0.06, 0.06, (255, 244, 214))
    water = hsv(random.uniform(0.5, 0.62), 0.5, 0.55)
    canvas.polygon([(0, 0.33), (1, 0.33), (1, H), (0, H)], mixed(water, bottom, 0.35))
    for n in range(9):
        y, phase = 0.35 + n * 0.037, random.random() * 6
        crest = [(x / 40, y + math.sin(x / 40 * (26 - 2 * n) + phase) * 0.004 * (1 + n / 3)) for x in range(41)]
        canvas.polygon([*crest, (1, H), (0, H)], mixed(water, (16, 40, 70), n / 11), 190)
    x, hull = random.uniform(0.2, 0.75), random.choice([(186, 52, 44), (244, 240, 230), (40, 70, 110)])
    canvas.polygon([(x, 0.37), (x + 0.14, 0.37), (x + 0.115, 0.405), (x + 0.025, 0.405)], hull)
    canvas.polygon([(x + 0.065, 0.36), (x + 0.065, 0.22), (x + 0.13, 0.36)], (250, 246, 236))
    return canvas, f"A small sailing boat on the sea under {sky}."


def _city(random: Random) -> tuple[Canvas, str]:
    canvas = Canvas(WIDTH, HEIGHT, (24, 26, 58), random.choice([(236, 130, 104), (120, 96, 160), (60, 110, 150)]))
    for n, base in enumerate((0.3, 0.4)):
        x = -0.02
        while x < 1:
            width, top = random.uniform(0.05, 0.12), base + random.uniform(-0.14, 0.08)
            wall = (44 - 18 * n, 44 - 18 * n, 74 - 26 * n)
            canvas.box(x, top, x + width, H, wall)
            for column in range(int(width / 0.018)):
                for row in range(int((H - top) / 0.03)):
                    if random.random() < 0.28:
                        wx, wy = x + 0.008 + column * 0.018, top + 0.012 + row * 0.03
                        canvas.box(wx, wy, wx + 0.008, wy + 0.013, (255, 214, 130))
            x += width + random.uniform(0, 0.015)
    return canvas, "Houses of a city after dark, with many lit windows."


def _flowers(random: Random) -> tuple[Canvas, str]:
    canvas = Canvas(WIDTH, HEIGHT, (214, 236, 226), (150, 196, 150))
    hue, number = random.random(), random.randint(7, 12)
    for n in range(number):
        x, y = (n + random.uniform(0.2, 0.8)) / number, random.uniform(0.16, 0.4)
        canvas.line([(x + random.uniform(-0.03, 0.03), H), (x, y)], (64, 124, 76), 0.006)
        canvas.disc(x - 0.025, (y + H) / 2, 0.03, 0.011, (80, 146, 88))
        size, color = random.uniform(0.026, 0.042), hsv(hue + random.uniform(-0.06, 0.06), 0.55, 0.95)
        for petal in range(8):
            angle = petal * math.pi / 4
            canvas.disc(x + math.cos(angle) * size, y + math.sin(angle) * size, size * 0.62, size * 0.62, color)
        canvas.disc(x, y, size * 0.6, size * 0.6, (250, 206, 90))
    return canvas, f"{number} flowers in a row, of nearly the same colour, with yellow hearts."


def _loaf(random: Random) -> tuple[Canvas, str]:
    canvas = Canvas(WIDTH, HEIGHT, (236, 224, 208), (214, 192, 164))
    canvas.box(0.08, 0.44, 0.92, 0.6, (140, 96, 62), radius=0.03)
    crust = mixed((200, 132, 66), (146, 84, 40), random.random())
    canvas.disc(0.5, 0.36, 0.32, 0.17, mixed(crust, (60, 30, 10), 0.35))
    canvas.disc(0.5, 0.345, 0.315, 0.165, crust)
    cuts = random.randint(2, 5)
    for n in range(cuts):
        x = 0.5 + (n - (cuts - 1) / 2) * 0.11
        canvas.line([(x - 0.05, 0.42), (x + 0.05, 0.24)], (246, 224, 184), 0.014)
    for _ in range(160):
        x, y = random.gauss(0.5, 0.13), random.gauss(0.29, 0.04)
        canvas.disc(x, y, 0.003, 0.003, (255, 250, 240), 150)
    return canvas, f"A floured loaf with {cuts} cuts on a wooden board."


def _chart(random: Random) -> tuple[Canvas, str]:
    canvas = Canvas(WIDTH, HEIGHT, (22, 26, 34), (30, 36, 48))
    bars, drop = 16, random.randint(8, 12)
    color = hsv(random.choice((0.36, 0.47, 0.55, 0.1)), 0.6, 0.9)
    for n in range(4):
        canvas.line([(0.08, 0.14 + n * 0.12), (0.94, 0.14 + n * 0.12)], (58, 66, 82), 0.002)
    for n in range(bars):
        height = random.uniform(0.28, 0.42) if n < drop else random.uniform(0.02, 0.05)
        x = 0.1 + n * 0.052
        canvas.box(x, 0.56 - height, x + 0.036, 0.56, (214, 92, 82) if n < drop else color, radius=0.004)
    return canvas, f"A bar chart of response times: {drop} high red bars, then {bars - drop} very low ones."


def _waves(random: Random) -> tuple[Canvas, str]:
    hue = random.random()
    canvas = Canvas(WIDTH, HEIGHT, hsv(hue, 0.5, 0.2), hsv(hue + 0.1, 0.5, 0.34))
    loud = 0.0
    for n in range(90):
        loud = max(0.02, min(0.24, loud + random.uniform(-0.05, 0.052)))
        x = 0.05 + n * 0.01
        canvas.box(x, H / 2 - loud, x + 0.005, H / 2 + loud, hsv(hue + n / 500, 0.5, 0.95), radius=0.0025)
    return canvas, "The wave form of a recording, growing and fading."


SCENES: dict[str, Callable[[Random], tuple[Canvas, str]]] = {
    "hills": _hills,
    "night": _night,
    "sea": _sea,
    "city": _city,
    "flowers": _flowers,
    "loaf": _loaf,
    "chart": _chart,
    "waves": _waves,
}
