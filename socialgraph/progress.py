"""Progress of long commands: a bar on a terminal, a line now and then elsewhere, nothing in tests."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

BAR_SECONDS = 0.2
LINE_SECONDS = 10.0


class Progress:
    """How much of one step is done."""

    def __init__(self, bar: "tqdm[Any] | None" = None) -> None:
        self.done = 0
        self._bar = bar

    def advance(self, amount: int = 1) -> None:
        self.done += amount
        if self._bar is not None:
            self._bar.update(amount)

    def note(self, **facts: object) -> None:
        """Facts to show beside the bar."""
        if self._bar is not None:
            self._bar.set_postfix(facts, refresh=False)


Meter = Callable[[str, "int | None", str], AbstractContextManager[Progress]]
"""`with meter("reading", total, "lines") as progress: progress.advance(1000)`; a total of None is not known."""


@contextmanager
def silent(label: str, total: int | None, unit: str) -> Iterator[Progress]:
    yield Progress()


@contextmanager
def visible(label: str, total: int | None, unit: str) -> Iterator[Progress]:
    pace = BAR_SECONDS if sys.stderr.isatty() else LINE_SECONDS
    with tqdm(desc=label, total=total, unit=f" {unit}", mininterval=pace, dynamic_ncols=True) as bar:
        yield Progress(bar)


class ProgressCommand(BaseCommand):
    """A command that shows its progress on standard error; `--no-progress` (or verbosity 0) does without."""

    meter: Meter = staticmethod(visible)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-progress", action="store_true", help="show no progress bars")

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options.get("no_progress") or options.get("verbosity") == 0:
            self.meter = silent
        return super().execute(*args, **options)
