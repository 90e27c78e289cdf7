"""A drawing of how figures grow: panels side by side, the number of accounts on a logarithmic axis. Plain SVG."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

INK, QUIET, GRID, PAPER = "#1c2733", "#5d6b7a", "#e4e9ee", "#ffffff"
COLOURS = ("#1769d2", "#b8480f", "#0b7a5b", "#7a3db8")
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
WIDTH, HEIGHT = 920, 420
TOP, BOTTOM, LEFT, GAP, NAMES = 104, 56, 52, 34, 96
"""Room above and below the panels, left of each, between them, and right of each for the names of its lines."""
NAME_HEIGHT = 17.0


class Point(NamedTuple):
    x: int
    middle: float
    high: float


@dataclass(frozen=True)
class Line:
    name: str
    points: Sequence[tuple[int, float, float]]
    """(x, the value, the upper end of its band)"""


@dataclass(frozen=True)
class Panel:
    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class _Frame:
    """Where a panel stands, and what its axes span."""

    left: float
    width: float
    xs: Sequence[int]
    top_value: float

    def x(self, value: int) -> float:
        low, high = math.log10(self.xs[0]), math.log10(self.xs[-1])
        return self.left + self.width * (math.log10(value) - low) / ((high - low) or 1.0)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / self.top_value


def draw(title: str, subtitle: str, panels: Sequence[Panel]) -> str:
    """One file, without script or anything from elsewhere."""
    width = (WIDTH - len(panels) * (LEFT + NAMES) - GAP * (len(panels) - 1)) / len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="img" aria-labelledby="title" font-family="{FONT}" font-size="13">',
        f'<title id="title">{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{PAPER}"/>',
        _text(24, 36, title, INK, size=19, weight=600),
        _text(24, 59, subtitle, QUIET),
    ]
    for place, panel in enumerate(panels):
        left = LEFT + place * (LEFT + width + NAMES + GAP)
        xs = sorted({x for line in panel.lines for x, _, _ in line.points})
        highest = max(high for line in panel.lines for _, _, high in line.points)
        parts += _panel(panel, _Frame(left, width, xs, _rounded_up(highest)))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, frame: _Frame) -> Iterator[str]:
    yield _text(frame.left, TOP - 16, panel.title, INK, weight=600)
    step = frame.top_value / 4
    for n in range(5):
        y = frame.y(n * step)
        yield f'<path d="M{frame.left:.1f} {y:.1f}h{frame.width:.1f}" stroke="{GRID if n else QUIET}"/>'
        yield _text(frame.left - 8, y + 4, f"{n * step:g}{' ms' if n == 4 else ''}", QUIET, anchor="end", size=12)
    for x in frame.xs:
        yield f'<path d="M{frame.x(x):.1f} {frame.y(0):.1f}v5" stroke="{QUIET}"/>'
        yield _text(frame.x(x), frame.y(0) + 21, f"{x:,}", QUIET, anchor="middle", size=12)
    yield _text(frame.left + frame.width / 2, HEIGHT - 14, "accounts", QUIET, anchor="middle", size=12)
    for line, colour in zip(panel.lines, COLOURS, strict=False):
        yield from _line(line, colour, frame)
    ends = _apart([frame.y(line.points[-1][1]) for line in panel.lines])
    for line, colour, y in zip(panel.lines, COLOURS, ends, strict=False):
        name = f"{line.name} {line.points[-1][1]:.3g}"
        yield _text(frame.left + frame.width + 10, y + 4, name, colour, weight=600, size=12)


def _line(line: Line, colour: str, frame: _Frame) -> Iterator[str]:
    points = [Point(*point) for point in line.points]
    middle = [f"{frame.x(p.x):.1f} {frame.y(p.middle):.1f}" for p in points]
    high = [f"{frame.x(p.x):.1f} {frame.y(p.high):.1f}" for p in reversed(points)]
    yield f'<path d="M{"L".join([*middle, *high])}Z" fill="{colour}" opacity="0.1"/>'
    yield f'<path d="M{"L".join(middle)}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
    for p in points:
        yield (
            f'<circle cx="{frame.x(p.x):.1f}" cy="{frame.y(p.middle):.1f}" r="4" fill="{colour}" stroke="{PAPER}"'
            f' stroke-width="1.5"><title>{escape(line.name)}, {p.x:,} accounts: p50 {p.middle:g} ms, p95 {p.high:g} ms'
            "</title></circle>"
        )


def _apart(heights: Sequence[float]) -> list[float]:
    """In the same order, moved so that names do not lie upon each other."""
    placed: dict[int, float] = {}
    lowest = -math.inf
    for place in sorted(range(len(heights)), key=lambda n: heights[n]):
        placed[place] = lowest = max(heights[place], lowest + NAME_HEIGHT)
    excess = max(0.0, lowest - (HEIGHT - BOTTOM))
    return [placed[place] - excess for place in range(len(heights))]


def _rounded_up(value: float) -> float:
    """To a number whose quarters are short."""
    scale = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return next(n * scale for n in (1, 2, 4, 6, 8, 10, 20) if n * scale >= value)


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "start", size: int = 13, weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-size="{size}"'
        f' font-weight="{weight}">{escape(text)}</text>'
    )
