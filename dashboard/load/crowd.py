"""Who takes part, when they begin, and what they were answered. Lives in the Locust process, for one scenario."""

import json
import os
import resource
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from gevent import spawn, spawn_later
from gevent.event import Event
from locust.env import Environment

SHOWN = 10
"""Different errors of one kind of request that are told."""


class Crowd:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.done: Counter[str] = Counter()
        """What was answered with a success, by what it was."""
        self.began = self.ended = 0.0
        self._coming = list(reversed(plan["people"]))
        self._gate = Event()
        self._all_are_coming = False
        self._ready = self._left = 0
        self._latencies: defaultdict[str, list[float]] = defaultdict(list)
        self._wrong: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._spent_before = 0.0

    def enter(self) -> dict[str, Any] | None:
        """The next one of the plan; nobody when all are in."""
        if not self._coming:
            return None
        self.done["entered"] += 1
        person: dict[str, Any] = self._coming.pop()
        return person

    def expect_no_more(self, **_: Any) -> None:
        """Locust has started all users that it was told to."""
        self._all_are_coming = True
        self._open()

    def wait_for_the_others(self) -> None:
        self._ready += 1
        self._open()
        self._gate.wait()

    def leave(self, environment: Environment) -> None:
        """The last one ends the run, unless somebody looks at it on Locust's page."""
        self._left += 1
        if self._left == self.done["entered"]:
            self.ended = time.perf_counter()
            if environment.web_ui is None and environment.runner is not None:
                spawn(environment.runner.quit)

    def note(self, kind: str, milliseconds: float, wrong: str = "") -> None:
        if wrong:
            self._wrong[kind][wrong] += 1
        else:
            self._latencies[kind].append(milliseconds)

    def save(self, **_: Any) -> None:
        """For the process that started Locust."""
        found = {
            "latencies_ms": self._latencies,
            "wrong": {kind: dict(texts.most_common(SHOWN)) for kind, texts in self._wrong.items()},
            "errors": sum(texts.total() for texts in self._wrong.values()),
            "done": self.done,
            "finished": bool(self._left) and self._left == self.done["entered"],
            "seconds": (self.ended or time.perf_counter()) - self.began if self.began else 0.0,
            "processor_seconds": _spent() - self._spent_before if self.began else 0.0,
        }
        Path(os.environ["LOAD_RESULT"]).write_text(json.dumps(found))

    def _open(self) -> None:
        if self._all_are_coming and self._ready == self.done["entered"] and not self._gate.is_set():
            self._spent_before = _spent()
            self.began = time.perf_counter()
            spawn_later(0, self._gate.set)


def _spent() -> float:
    """Processor time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
