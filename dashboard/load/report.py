"""What a load test says: the promise beside the measurement, what errors there were, and what the load itself cost."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.load.scenarios import READS_TO_A_WRITE

WRITES = ("posting", "like", "follow")
"""What kinds of requests of the mix begin with that change anything."""


@dataclass(frozen=True)
class Row:
    name: str
    target: str
    measured: str
    kept: bool | None = None
    """None where nothing is promised."""


class Seen:
    """The answers of one run, by kind of request."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.seconds: float = result["seconds"]
        self.done: dict[str, int] = result["done"]
        self.by_kind: dict[str, list[float]] = result["latencies_ms"]

    def kinds(self) -> list[str]:
        return sorted(self.by_kind)

    def of(self, *beginnings: str) -> list[float]:
        """Ascending milliseconds of all kinds that begin with one of these."""
        return sorted(ms for kind, values in self.by_kind.items() if kind.startswith(beginnings) for ms in values)

    def latency(self, name: str, kinds: Sequence[str], limits: dict[float, float]) -> Row:
        values = self.of(*kinds)
        measured = [percentile(values, share) for share in limits]
        return Row(
            name,
            ", ".join(f"p{share * 100:.0f} < {limit:.0f} ms" for share, limit in limits.items()),
            ", ".join(f"{ms:.1f} ms" for ms in measured) or "-",
            all(ms < limit for ms, limit in zip(measured, limits.values(), strict=True)) if values else None,
        )


def percentile(ascending: Sequence[float], share: float) -> float:
    """By nearest rank; 0 of nothing."""
    if not ascending:
        return 0.0
    return ascending[max(0, math.ceil(share * len(ascending) - 1e-9) - 1)]


def rows(name: str, sizes: dict[str, Any], result: dict[str, Any]) -> list[Row]:
    seen = Seen(result)
    errors = Row("errors", "none", f"{result['errors']:,}", result["errors"] == 0)
    return [*_ROWS[name](sizes, seen, result), errors]


def _count(name: str, target: int, measured: int) -> Row:
    return Row(name, f"{target:,}", f"{measured:,}", measured == target)


def _burst(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    alone = seen.of("sign-up, alone")
    yield _count("sign-ups at once that succeed", sizes["sign_ups"], seen.done["sign-up"] - len(alone))
    median = percentile(alone, 0.5)
    yield Row("one sign-up at a time, p50", "< 50 ms", f"{median:.1f} ms", median < 50 if alone else None)
    yield Row("of it the hash of the password", "", f"{result['hash_ms']:.1f} ms")


def _viral(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    yield _count("likes that succeed", sizes["likes"], seen.done["like"])
    yield Row("within", f"{sizes['seconds']:.0f} s", f"{seen.seconds:.1f} s", seen.seconds < sizes["seconds"] + 1)


def _celebrity(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    yield _count("follows at once that succeed", sizes["new_followers"], seen.done["follow"])
    yield Row("all done after", "", f"{seen.seconds:.1f} s")
    yield seen.latency("follow", ["follow"], {0.95: 25})


def _stampede(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    yield _count("whole pages of 50", 2 * sizes["readers"], seen.done["page"])
    for kind in ("home, cold", "home, warm"):
        yield seen.latency(kind, [kind], {0.95: 50, 0.99: 100})
    rate = seen.done["page"] / seen.seconds if seen.seconds else 0.0
    yield Row("pages a second", "> 200", f"{rate:,.0f}", rate > 200)


def _bookmarks(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    rate = 60 * seen.done["operation"] / max(seen.seconds, sizes["bookmark_seconds"])
    target = sizes["operations"]
    yield Row("operations a minute", f"{target:,}", f"{rate:,.0f}", rate > 0.99 * target)
    yield seen.latency("lists, meanwhile", ["list"], {0.95: 50})


def _mix(sizes: dict[str, Any], seen: Seen, result: dict[str, Any]) -> Iterator[Row]:
    yield _count("people at once", sizes["people"], seen.done["entered"])
    asked, written = len(seen.of("")), len(seen.of(*(f"{kind}, " for kind in WRITES)))
    ratio = (asked - written) / written if written else 0.0
    yield Row("reads to a write", f"{READS_TO_A_WRITE}", f"{ratio:.1f}")
    yield Row("requests a second", "", f"{asked / seen.seconds if seen.seconds else 0:,.0f}")
    yield seen.latency("home", ["home"], {0.95: 50, 0.99: 100})
    yield seen.latency("look-up of a person", ["look-up"], {0.99: 10})
    yield seen.latency("follow", ["follow, "], {0.95: 25})
    yield seen.latency("search", ["search"], {0.95: 100})
    yield seen.latency("bookmarks list", ["bookmarks"], {0.95: 50})


_ROWS = {
    "burst": _burst,
    "viral": _viral,
    "celebrity": _celebrity,
    "stampede": _stampede,
    "bookmarks": _bookmarks,
    "mix": _mix,
}


def latencies(result: dict[str, Any]) -> list[list[str]]:
    """A line for each kind of request: how many, p50, p95, p99, longest."""
    seen = Seen(result)
    lines = []
    for kind in seen.kinds():
        values = sorted(seen.by_kind[kind])
        figures = [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)]
        lines.append([kind, f"{len(values):,}", *(f"{ms:,.1f}" for ms in figures)])
    return lines


def in_columns(lines: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    widths = [max(len(line[n]) for line in [head, *lines]) for n in range(len(head))]
    shown = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in [head, *lines]]
    return "\n".join(f"  {line.rstrip()}" for line in shown)


def table(found: Sequence[Row]) -> str:
    verdicts = {True: "kept", False: "NOT KEPT", None: ""}
    lines = [[row.name, row.target, row.measured, verdicts[row.kept]] for row in found]
    return in_columns(lines, ["", "target", "measured", ""])


def cost(result: dict[str, Any], server_seconds: dict[str, float]) -> str:
    """Processor time of both sides, which share one machine. It leaves out the waiting for others on that machine."""
    seconds, client_seconds = result["seconds"], result["processor_seconds"]
    asked = result["errors"] + sum(map(len, result["latencies_ms"].values()))
    if seconds <= 0 or not asked:
        return "  no load was put on it"
    parts = ", ".join(f"{part} {spent:.1f}" for part, spent in sorted(server_seconds.items()) if spent >= 0.05)
    server = f"{sum(server_seconds.values()):.1f} s ({parts})" if server_seconds else "not known from here"
    line = f"  processor time in {seconds:.1f} s: the client {client_seconds:.1f} s, the server {server}"
    each = [1000 * spent / asked for spent in (client_seconds, sum(server_seconds.values()))]
    line += f"\n  of it for one of {asked:,} requests: the client {each[0]:.1f} ms, the server {each[1]:.1f} ms"
    if client_seconds > 0.85 * seconds:
        line += "\n  Locust, which runs on one core, was busy all the time: latencies hold its own waiting too"
    return line
