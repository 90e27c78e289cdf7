import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError

from accounts.loading import load_follow_graph
from socialgraph.progress import ProgressCommand


class Command(ProgressCommand):
    help = "Loads an edge list (.tsv or .tsv.gz, follower<TAB>followee): node 5 of the file becomes the account n5."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path)

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        started = time.monotonic()
        try:
            loaded = load_follow_graph(path, meter=self.meter)
        except (ValueError, OSError, OperationalError) as error:
            raise CommandError(f"Nothing was written. {path}: {error}") from error
        seconds = time.monotonic() - started
        self.stdout.write(
            f"accounts={loaded.accounts} follows={loaded.follows} repeated={loaded.repeated}"
            f" new_accounts={loaded.new_accounts} new_follows={loaded.new_follows}"
            f" seconds={seconds:.2f} per_second={loaded.follows / seconds:.0f}"
        )
