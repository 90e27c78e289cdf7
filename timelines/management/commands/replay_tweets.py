import argparse
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Max

from socialgraph.models import OutboxEvent
from socialgraph.progress import Progress, ProgressCommand
from timelines import replay
from timelines.warming import rebuild_all


def speed(text: str) -> float | None:
    """None for `max`."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError("give a number above 0, or max")
    return factor


class Command(ProgressCommand):
    help = "Replays recorded posts (JSON lines with created_at, author, text) through the product and its workers."

    _noted_at = 0.0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path)
        parser.add_argument("--speed", type=speed, default=None, help="times the recorded pace, or max (the default)")
        parser.add_argument("--limit", type=int, help="only the first posts")

    def handle(self, *args: Any, path: Path, speed: float | None, limit: int | None, **options: Any) -> None:
        try:
            report = self._replay(path, speed, limit)
        except (replay.BadRecording, replay.Stalled, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(report))
        if report.deliveries != report.expected:
            raise CommandError(
                "Deliveries differ from what was expected; look at the workers' logs and check_timelines."
            )

    def _replay(self, path: Path, speed: float | None, limit: int | None) -> replay.Report:
        posts = replay.read_posts(path, limit)
        users = replay.pair_by_rank(posts)
        self.stdout.write(f"timelines built: {rebuild_all(meter=self.meter).built}")
        first = (OutboxEvent.objects.aggregate(last=Max("id"))["last"] or 0) + 1
        expected = replay.expected_deliveries(posts, users)
        with self.meter("posting", len(posts), "posts") as progress:
            for _ in replay.post_all(posts, users, speed):
                progress.advance()
                self._note(progress, first)
        with self.meter("delivering", None, "looks") as progress:
            for pending in replay.wait_for_drain(first):
                progress.advance()
                progress.note(pending=pending)
        return replay.measure(first, len(posts), expected)

    def _note(self, progress: Progress, first: int) -> None:
        """Deliveries/s and lag beside the bar, about once a second."""
        now = time.monotonic()
        if now - self._noted_at > 1:
            self._noted_at = now
            progress.note(**replay.pulse(first))
