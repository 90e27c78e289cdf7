"""The words that demo people have: names, professions, and threads of templates whose slots are filled by chance."""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

STOCK = Path(__file__).parent / "stock"
TOPICS = ("bread", "cycling", "stars", "code", "garden", "books", "music", "football", "photos")
EVERYDAY = "everyday"
CLOSINGS = ("🙂", "😄", "👏", "🙌", "✨", "😅", "❤️", "👀", "🎉")
SENTENCE = re.compile(r"(?:^|[.?!] )[a-z]")
TRIES = 12  # at a text that nobody has written yet


@dataclass(frozen=True)
class Thread:
    """Openings, answers to them, and what the author says back; all with the same slots.

    "13| …" before an answer: it fits the first and the third opening; before a word back: it is one to these answers.
    """

    open: Sequence[str]
    answer: Sequence[str]
    back: Sequence[str] = ()
    picture: str = ""


@dataclass(frozen=True)
class Topic:
    slots: dict[str, list[str]]
    threads: list[Thread]
    bios: Sequence[str] = ()
    suffix: Sequence[str] = ()


@cache
def table(name: str) -> dict[str, Any]:
    return tomllib.loads((STOCK / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def topic(name: str) -> Topic:
    content = table(name)
    threads = [Thread(**thread) for thread in content["threads"]]
    return Topic(content["slots"], threads, content.get("bios", ()), content.get("suffix", ()))


@cache
def language(name: str) -> Topic:
    """One thread: everything said in a language is short enough to be answered by anything."""
    content = table("languages")
    return Topic(content["slots"], [Thread(**content[name])])


def fitting(templates: Sequence[str], place: int) -> list[str]:
    """Those that follow what stands at this place, from 0: marked with its number from 1, or not marked at all."""
    return [t for t in templates if not (mark := _mark(t)) or str(place + 1) in mark]


def _mark(template: str) -> str:
    before, bar, _ = template.partition("| ")
    return before if bar and before.isdigit() else ""


class Writer:
    """Fills templates so that each is used about as often as its neighbours, and no text twice while that can be."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._uses: Counter[str] = Counter()
        self._written: set[str] = set()

    def threads(self, threads: Sequence[Thread]) -> list[Thread]:
        """Those whose openings were used least come first."""
        return sorted(threads, key=lambda t: (sum(self._uses[o] for o in t.open) / len(t.open), self._random.random()))

    def opening(
        self, thread: Thread, slots: dict[str, list[str]], friend: str
    ) -> tuple[int, str, dict[str, str]] | None:
        """(its place in the thread, text, what its slots were filled with); None when all has been said."""
        for place in sorted(range(len(thread.open)), key=lambda n: (self._uses[thread.open[n]], self._random.random())):
            for _ in range(TRIES):
                values = {name: self._random.choice(options) for name, options in slots.items()} | {"friend": friend}
                if (text := _filled(thread.open[place], values)) not in self._written:
                    return place, self._take(thread.open[place], text), values
        return None

    def fill(self, template: str, values: dict[str, str]) -> str:
        """With a closing of its own where the same has been said before."""
        plain = text = _filled(template, values)
        closings = self._random.sample(CLOSINGS, len(CLOSINGS))
        while text in self._written and closings:
            text = f"{plain} {closings.pop()}"
        return self._take(template, text)

    def least_used(self, templates: Sequence[str]) -> str:
        return min(templates, key=lambda template: (self._uses[template], self._random.random()))

    def _take(self, template: str, text: str) -> str:
        self._uses[template] += 1
        self._written.add(text)
        return text


def _filled(template: str, values: dict[str, str]) -> str:
    text = template.removeprefix(f"{_mark(template)}| ").format_map(values)
    return SENTENCE.sub(lambda start: start[0].upper(), text)
