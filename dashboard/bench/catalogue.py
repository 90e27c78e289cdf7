"""All benches. One more is a module with `Sizes` and `run`, and a line here."""

from types import ModuleType

from dashboard.bench import bookmarks, caches, erase, fan_out, footprint, home, rebuild, search, threads

BENCHES: dict[str, ModuleType] = {
    "fan_out": fan_out,
    "home": home,
    "rebuild": rebuild,
    "caches": caches,
    "footprint": footprint,
    "erase": erase,
    "threads": threads,
    "bookmarks": bookmarks,
    "search": search,
}
"""Each has `Sizes`, a dataclass of `sizes.size` fields, and `run(sizes, installation) -> (data, figures)`."""
