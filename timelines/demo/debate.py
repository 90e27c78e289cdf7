"""One long conversation that branches, with posts in it that were taken back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from timelines.demo.people import Person
from timelines.demo.stock import table

BEGAN = 1.2  # days ago
STEP = 0.02  # of a day, between one post and the next that was written
TAKEN_BACK = "deleted| "


@dataclass(frozen=True)
class Said:
    place: str
    """"1.2" answers "1"; "" began it."""
    author: Person
    text: str
    age: float
    was_taken_back: bool

    @property
    def parent(self) -> str:
        return self.place.rpartition(".")[0]


def debate(random: Random, people: Sequence[Person]) -> Iterator[Said]:
    """What is answered comes before its answers. Begun by somebody whom the demo user follows."""
    posts = table("debate")["posts"]
    followed = {number for number, _ in people[0].follows}
    speakers = [person for person in people[2:] if not person.is_quiet and not person.language]
    began = max((person for person in speakers if person.number in followed), key=lambda person: person.fame)
    others = random.sample([person for person in speakers if person is not began], 7)
    cast = {"r": began, "d": people[0]} | dict(zip("abcefgh", others, strict=True))
    written = sorted(range(len(posts)), key=lambda n: (_wave(posts[n][0]), n))
    ages = {n: BEGAN - STEP * turn - STEP * random.random() / 2 for turn, n in enumerate(written)}
    for n, (place, who, text) in enumerate(posts):
        yield Said(place, cast[who], text.removeprefix(TAKEN_BACK), ages[n], text.startswith(TAKEN_BACK))


def _wave(place: str) -> tuple[int, str]:
    """Branches grow at once, each a little behind what it hangs from; the last words come last."""
    first, _, _ = place.partition(".")
    return len(place.split(".")) + int(first or 0), place
