import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError

from accounts.generating import generate_graph
from socialgraph.progress import ProgressCommand


class Command(ProgressCommand):
    help = "Makes accounts (g1_0, g1_1, …; the next run g2_0 …) and a power-law follow graph among them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--users", type=int, required=True)
        parser.add_argument("--follows", type=int, required=True, help="exactly as many follows are made")
        parser.add_argument("--seed", type=int, required=True, help="the same seed makes the same graph")

    def handle(self, *args: Any, users: int, follows: int, seed: int, **options: Any) -> None:
        started = time.monotonic()
        try:
            made = generate_graph(users=users, follows=follows, seed=seed, meter=self.meter)
        except (ValueError, OperationalError) as error:
            raise CommandError(f"Nothing was written: {error}.") from error
        seconds = time.monotonic() - started
        self.stdout.write(
            f"accounts={users} named={made.prefix}0… follows={follows} celebrities={made.celebrities}"
            f" seconds={seconds:.2f} per_second={follows / seconds:.0f}"
        )
