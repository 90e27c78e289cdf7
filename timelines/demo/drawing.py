"""What portraits and scenes are drawn with: a canvas twice as large as the picture, and colours."""

import colorsys
import io
from random import Random

from PIL import Image, ImageDraw, ImageOps

from socialgraph.images import QUALITY, CleanImage

Color = tuple[int, int, int]
OVERSIZE = 2  # drawn so much larger and then scaled down, which smooths every edge


class Canvas:
    """Coordinates run from 0 to 1 along the width; heights too, in units of the width."""

    def __init__(self, width: int, height: int, top: Color, bottom: Color) -> None:
        self.size = width, height
        self.unit = width * OVERSIZE
        gradient = Image.linear_gradient("L").resize((self.unit, height * OVERSIZE))
        self.image = ImageOps.colorize(gradient, top, bottom)
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def disc(self, x: float, y: float, rx: float, ry: float, color: Color, alpha: int = 255) -> None:
        box = [value * self.unit for value in (x - rx, y - ry, x + rx, y + ry)]
        self.draw.ellipse(box, fill=(*color, alpha))

    def box(self, x0: float, y0: float, x1: float, y1: float, color: Color, *, radius: float = 0) -> None:
        corners = [value * self.unit for value in (x0, y0, x1, y1)]
        self.draw.rounded_rectangle(corners, radius=radius * self.unit, fill=color)

    def polygon(self, points: list[tuple[float, float]], color: Color, alpha: int = 255) -> None:
        self.draw.polygon([(x * self.unit, y * self.unit) for x, y in points], fill=(*color, alpha))

    def slice(self, x: float, y: float, r: float, start: float, end: float, color: Color) -> None:
        self.draw.pieslice([v * self.unit for v in (x - r, y - r, x + r, y + r)], start, end, fill=color)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float, end: float, color: Color, w: float) -> None:
        box = [value * self.unit for value in (x - rx, y - ry, x + rx, y + ry)]
        self.draw.arc(box, start, end, fill=color, width=max(1, round(w * self.unit)))

    def line(self, points: list[tuple[float, float]], color: Color, w: float) -> None:
        whole = [(x * self.unit, y * self.unit) for x, y in points]
        self.draw.line(whole, fill=color, width=max(1, round(w * self.unit)), joint="curve")

    def finished(self) -> CleanImage:
        out = io.BytesIO()
        self.image.resize(self.size, Image.Resampling.BOX).save(out, "WEBP", quality=QUALITY, method=2)
        return CleanImage(out.getvalue(), *self.size)


def hsv(hue: float, saturation: float, value: float) -> Color:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def mixed(one: Color, other: Color, share: float) -> Color:
    """`share` of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ridge(random: Random, base: float, rough: float, steps: int = 24) -> list[tuple[float, float]]:
    """Points of a hilly line from the left edge to the right."""
    heights = [0.0]
    for _ in range(steps):
        heights.append(0.85 * heights[-1] + random.uniform(-rough, rough))
    return [(i / steps, base + height) for i, height in enumerate(heights)]
