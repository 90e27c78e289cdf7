import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from socialgraph.progress import ProgressCommand
from socialgraph.redis import RedisError, timelines
from timelines.checking import LOOKS, Difference, differences, viewer_ids, wait_for_deliveries

SHOWN = 20


class Command(ProgressCommand):
    help = (
        "Walks home timelines to their end and compares every page with the plain query; exit code 1 on a difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--sample", type=int, help="check this many people, drawn at random, instead of everybody")
        parser.add_argument("--seed", type=int, default=0, help="of the draw")
        parser.add_argument("--page-size", type=int, default=50)

    def handle(self, *args: Any, sample: int | None, seed: int, page_size: int, **options: Any) -> None:
        if page_size < 1 or (sample is not None and sample < 1):
            raise CommandError("--page-size and --sample are numbers from 1 on.")
        try:
            timelines().ping()  # without it every page would come from PostgreSQL, and nothing would be checked
            found, checked = self._check(viewer_ids(sample, seed), page_size)
        except RedisError as error:
            raise CommandError(f"The timeline server does not answer: {error}") from error
        pending = [difference for difference in found if difference.is_pending]
        wrong = [difference for difference in found if not difference.is_pending]
        if pending:
            self.stdout.write(f"{len(pending)} timelines wait for deliveries that are still in the outbox.")
        for difference in wrong[:SHOWN]:
            self.stdout.write(
                f"@{difference.username}: missing {difference.missing[:5]}, extra {difference.extra[:5]}"
                + (f", {difference.trouble}" if difference.trouble else "")
            )
        self.stdout.write(f"checked={checked} drift={len(wrong)}")
        if wrong:
            sys.exit(1)

    def _check(self, ids: list[int], page_size: int) -> tuple[list[Difference], int]:
        left = wait_for_deliveries()
        if left:
            self.stdout.write(f"{left} events in the outbox are not being delivered: is a worker running?")
        found = []
        checked = 0
        with self.meter("checking", len(ids), "timelines") as progress:
            for difference in differences(ids, page_size, looks=1 if left else LOOKS):
                checked += 1
                progress.advance()
                if difference:
                    found.append(difference)
        return found, checked
