"""All benches. One more is a module with `Sizes` and `run`, and a line here."""

from types import ModuleType

from dashboard.bench import (
    bookmarks,
    caches,
    counts,
    erase,
    fan_out,
    footprint,
    growth,
    home,
    likes,
    people,
    plans,
    rebuild,
    search,
    threads,
)

BENCHES: dict[str, ModuleType] = {
    "fan_out": fan_out,
    "home": home,
    "rebuild": rebuild,
    "caches": caches,
    "footprint": footprint,
    "erase": erase,
    "threads": threads,
    "bookmarks": bookmarks,
    "counts": counts,
    "likes": likes,
    "search": search,
    "growth": growth,
    "plans": plans,
    "people": people,
}
"""Each has `Sizes`, a dataclass of `sizes.size` fields, and `run(sizes, installation) -> (data, figures)`.

One with `HAS_CELEBRITIES` runs with the product's own CELEBRITY_FOLLOWER_COUNT, others without celebrities."""
