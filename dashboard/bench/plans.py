"""Every access path of the catalogue on the large data set: its index, the rows it touches, and what is wrong."""

from dataclasses import dataclass
from typing import Any

from dashboard.access_paths import PATHS, prepare
from dashboard.bench import data
from dashboard.bench.sizes import Installation, size
from dashboard.plans import checked

HAS_CELEBRITIES = True


@dataclass(frozen=True)
class Sizes:
    users: int = size(1_000_000, "accounts; 20 follows, 2 tweets and 5 likes each", quick=300)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    described = data.world(sizes.users)
    found = checked(PATHS, prepare())
    return described, {"complaints": sum(len(each["complaints"]) for each in found.values()), "paths": found}
