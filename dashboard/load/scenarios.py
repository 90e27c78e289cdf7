"""The load scenarios: what each does, and what of it can be chosen."""

from dataclasses import asdict, dataclass
from typing import Any

from dashboard.bench.sizes import size


@dataclass(frozen=True)
class Burst:
    """Burst registration: people sign up at once, half of them with the API and half with the form."""

    sign_ups: int = size(100, "people who sign up at once", quick=6)


@dataclass(frozen=True)
class Viral:
    """Viral tweet: many people like one tweet within a minute, half of them on its page."""

    likes: int = size(1_000, "of one tweet", quick=12)
    seconds: float = size(60.0, "over which they are spread", quick=1.0)


@dataclass(frozen=True)
class Celebrity:
    """Celebrity follow: an author of many followers gains more of them at once."""

    followers: int = size(100_000, "of the author before", quick=200)
    new_followers: int = size(1_000, "at once", quick=12)


@dataclass(frozen=True)
class Stampede:
    """Timeline stampede: everybody reads home at once, first without a timeline in Redis, then with one."""

    readers: int = size(1_000, "who read at once", quick=12)


@dataclass(frozen=True)
class Bookmarks:
    """Bookmark rate: people bookmark and take back at a fixed rate while others read their lists."""

    operations: int = size(10_000, "a minute", quick=1_500)
    bookmark_seconds: float = size(60.0, "of it", quick=2.0)
    operators: int = size(40, "people who bookmark", quick=4)
    lists: int = size(10, "lists read a second", quick=4)


@dataclass(frozen=True)
class Mix:
    """The mix: people read, post, follow and like for a while, 65 reads to 1 write."""

    people: int = size(1_000, "people at once", quick=12)
    mix_seconds: float = size(60.0, "for which they stay", quick=4.0)
    think: float = size(5.0, "seconds between two requests of one of them, on average", quick=0.1)


SCENARIOS: dict[str, type[Any]] = {
    "burst": Burst,
    "viral": Viral,
    "celebrity": Celebrity,
    "stampede": Stampede,
    "bookmarks": Bookmarks,
    "mix": Mix,
}
"""By name its sizes. All names of sizes differ, so that one command can set those of several scenarios."""
FEWEST = 12
READS_TO_A_WRITE = 65
"""Twitter's 300,000 home timelines read and 4,600 tweets posted a second."""


def people_needed(asked: dict[str, dict[str, Any]]) -> int:
    """Of those who are made beforehand; one population serves all scenarios of a run."""
    counted = {"likes", "new_followers", "readers", "people"}
    counts = [value for sizes in asked.values() for name, value in sizes.items() if name in counted]
    if "bookmarks" in asked:
        counts.append(asked["bookmarks"]["operators"] + asked["bookmarks"]["lists"])
    return max([FEWEST, *counts]) if set(asked) - {"burst"} else 0


def sizes_of(name: str, chosen: dict[str, Any]) -> Any:
    return SCENARIOS[name](**chosen)


def as_json(sizes: Any) -> dict[str, Any]:
    return asdict(sizes)
