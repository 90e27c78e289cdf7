from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from socialgraph.progress import ProgressCommand
from timelines.checking import differences, viewers

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
        people = viewers(sample, seed)
        wrong = []
        with self.meter("checking", len(people), "timelines") as progress:
            for difference in differences(people, page_size):
                progress.advance()
                if difference:
                    wrong.append(difference)
        for difference in wrong[:SHOWN]:
            self.stdout.write(f"@{difference.username}: missing {difference.missing[:5]}, extra {difference.extra[:5]}")
        self.stdout.write(f"checked={len(people)} drift={len(wrong)}")
        if wrong:
            raise CommandError("Timelines differ from the plain query; rebuild_timelines makes them anew.")
