import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.load.errors import Refused
from dashboard.load.stage import Stage


class Command(BaseCommand):
    help = (
        "What scripts/load_test.sh works with: reads questions from its input, one line of JSON each, and answers them."
        " At the end of its input it erases the people that it made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", required=True, help="of the instance that uses the same servers")
        parser.add_argument("--keep", action="store_true", help="leave the people that were made")

    def handle(self, *args: Any, url: str, keep: bool, **options: Any) -> None:
        stage = Stage(url)
        try:
            for line in sys.stdin:
                self._answer(stage, json.loads(line))
        finally:
            if not keep and (left := stage.remove()):
                raise CommandError(f"{left} accounts of the load test could not be erased: is a worker running?")

    def _answer(self, stage: Stage, question: dict[str, Any]) -> None:
        try:
            answer = {"answer": getattr(stage, f"do_{question.pop('do')}")(**question)}
        except Refused as error:
            answer = {"refused": str(error)}
        self.stdout.write(json.dumps(answer))
        self.stdout.flush()
