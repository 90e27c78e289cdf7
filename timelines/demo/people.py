"""Who the demo people are and whom they follow, by chance alone: the same for the same seed."""

import math
import re
import unicodedata
from dataclasses import dataclass, field
from heapq import nsmallest
from random import Random
from typing import Any

from factory.base import Factory
from factory.declarations import LazyAttribute

from timelines.demo.stock import TOPICS, table, topic

DEMO_USER, STAFF_USER = "demo", "steward"
DAYS = 28  # of posts; everybody is here for longer
FAME_EXPONENT = 0.8  # followers fall with rank as a power law
SAME_TOPIC, SAME_LANGUAGE = 6.0, 4.0  # times as likely to be followed
FOLLOWING_MEDIAN, FOLLOWING_SIGMA, FOLLOWING_MOST = 17, 0.7, 90
DEMO_FOLLOWS = 48
QUIET_SHARE = 0.08  # who were here but did not post for longer than DAYS


@dataclass
class Person:
    number: int
    username: str
    display_name: str
    bio: str
    region: str
    topic: str
    language: str
    joined: float
    """Days before now, as `last_active`."""
    last_active: float
    verified: bool
    fame: float
    follows: list[tuple[int, float]] = field(default_factory=list)
    """(number of the followed person, days ago), the earliest first."""

    @property
    def is_quiet(self) -> bool:
        return self.last_active > DAYS


class Casting:
    """Draws people one after another; names are given once."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self._names = {DEMO_USER, STAFF_USER}
        self._groups = table("people")["groups"]
        self._ranks = random.sample(range(1, count + 1), count)

    def group(self) -> dict[str, Any]:
        weights = [group["weight"] for group in self._groups]
        group: dict[str, Any] = self.random.choices(self._groups, weights)[0]
        return group

    def names(self, group: dict[str, Any], suffixes: Any) -> tuple[str, str]:
        """(user name, display name); the latter now and then in the own script."""
        while True:
            given, family = (self.random.choice(group[part]).split("|") for part in ("given", "family"))
            first, last = _latin(given[0]), _latin(family[0])
            tail = self.random.choice([last, last[0], self.random.choice(suffixes), str(self.random.randint(70, 99))])
            name = self.random.choice([f"{first}{tail}", f"{first}_{tail}", f"{last}_{first}"])[:15].rstrip("_")
            if name not in self._names:
                break
        self._names.add(name)
        if len(given) == 2 and self.random.random() < 0.4:
            is_family_first = group.get("language") in ("ja", "zh", "ko")
            return name, f"{family[1]} {given[1]}" if is_family_first else f"{given[1]} {family[1]}"
        return name, f"{given[0]} {family[0]}"

    def bio(self, name: str, region: str) -> str:
        job = self.random.choice(table("jobs")["jobs"])
        bio: str = self.random.choice(topic(name).bios).format(job=job, place=region)
        return bio.replace(f"by night, {job}", f"by night, {job.lower()}")

    def fame(self, number: int) -> float:
        return float(self._ranks[number] ** -FAME_EXPONENT)


class PersonFactory(Factory[Person]):
    class Meta:
        model = Person

    class Params:
        casting = None
        group = LazyAttribute(lambda p: p.casting.group())
        names = LazyAttribute(lambda p: p.casting.names(p.group, topic(p.topic).suffix))

    topic = LazyAttribute(lambda p: p.casting.random.choice(TOPICS))
    username = LazyAttribute(lambda p: p.names[0])
    display_name = LazyAttribute(lambda p: p.names[1])
    region = LazyAttribute(lambda p: p.casting.random.choice(p.group["regions"]))
    language = LazyAttribute(lambda p: p.group.get("language", ""))
    bio = LazyAttribute(lambda p: p.casting.bio(p.topic, p.region))
    joined = LazyAttribute(lambda p: p.casting.random.uniform(DAYS + 30, 1_100))
    last_active = LazyAttribute(
        lambda p: p.casting.random.uniform(DAYS + 1, 55) if p.casting.random.random() < QUIET_SHARE else 0.0
    )
    fame = LazyAttribute(lambda p: p.casting.fame(p.number))
    verified = LazyAttribute(lambda p: p.fame > 0.12 and p.casting.random.random() < 0.7)


def draw_people(random: Random, count: int) -> list[Person]:
    """The demo user first, the member of staff second; with whom they follow."""
    casting = Casting(random, count)
    here: dict[str, Any] = {"language": "", "last_active": 0.0}
    own: dict[int, dict[str, Any]] = {
        0: here
        | {
            "username": DEMO_USER,
            "display_name": "Robin Demo",
            "bio": "Trying this place out. Long walks, short posts, one camera.",
            "region": "Lisboa",
            "topic": "photos",
            "fame": 0.16,
            "verified": False,
        },
        1: here
        | {
            "username": STAFF_USER,
            "display_name": "Socialgraph Steward",
            "bio": "I keep this place running. Questions are welcome.",
            "region": "",
            "topic": "code",
            "fame": 0.05,
            "verified": True,
        },
    }
    people = [PersonFactory.build(casting=casting, number=number, **own.get(number, {})) for number in range(count)]
    for person in people:
        person.follows = _follows(random, person, people)
    return people


def _follows(random: Random, person: Person, people: list[Person]) -> list[tuple[int, float]]:
    """The followed are drawn without repetition, by fame and by what the two have in common."""
    number = DEMO_FOLLOWS if person.number == 0 else 0
    number = number or min(FOLLOWING_MOST, round(random.lognormvariate(math.log(FOLLOWING_MEDIAN), FOLLOWING_SIGMA)))
    others = [other for other in people if other is not person]
    keys = {
        other.number: -math.log(1 - random.random()) / (other.fame * _attraction(person, other)) for other in others
    }
    chosen = nsmallest(max(3, number), keys, key=lambda key: keys[key])
    since = [(n, random.uniform(DAYS + 1, min(person.joined, people[n].joined))) for n in chosen]
    return sorted(since, key=lambda follow: -follow[1])


def _attraction(person: Person, other: Person) -> float:
    likeness = SAME_TOPIC if person.topic == other.topic else 1.0
    return likeness * (SAME_LANGUAGE if person.language and person.language == other.language else 1.0)


def _latin(name: str) -> str:
    """The letters of a user name: élodie as elodie."""
    plain = name.replace("\u0131", "i").replace("ø", "o").replace("ð", "d")
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFD", plain).lower())
