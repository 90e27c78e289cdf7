import sys
from argparse import ArgumentParser
from typing import Any

from accounts.loading import fold_counts
from socialgraph import counts
from socialgraph.progress import ProgressCommand

SHOWN = 20


class Command(ProgressCommand):
    help = "Compares every denormalised count, with what the ledger still holds, to the rows it counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--fix", action="store_true", help="Correct through the ledger, fold it and look again.")

    def handle(self, *args: Any, fix: bool, **options: Any) -> None:
        checked, wrong = self._look()
        if wrong and fix:
            counts.repair(wrong)
            fold_counts(meter=self.meter)
            checked, wrong = self._look()
        self.stdout.write(f"checked={checked} drift={len(wrong)}")
        if wrong:
            sys.exit(1)

    def _look(self) -> tuple[int, list[counts.Drift]]:
        checked, wrong = counts.drift()
        for row in wrong[:SHOWN]:
            self.stdout.write(f"{row.counter.name} of {row.subject_id}: {row.counted}, should be {row.truth}")
        if len(wrong) > SHOWN:
            self.stdout.write(f"and {len(wrong) - SHOWN} more")
        return checked, wrong
