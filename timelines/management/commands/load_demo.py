import os
import secrets
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from timelines.demo.loading import NotEmpty, load_demo
from timelines.demo.people import DEMO_USER, STAFF_USER


class Command(BaseCommand):
    help = (
        "Fill an empty database with a small made-up community. Passwords of the two accounts that can be used come"
        " from DEMO_PASSWORD and STAFF_PASSWORD, or are made and printed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another seed makes another community (default: 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        passwords = {}
        for name, user in (("DEMO_PASSWORD", DEMO_USER), ("STAFF_PASSWORD", STAFF_USER)):
            passwords[name] = os.environ.get(name) or secrets.token_urlsafe(12)
            if not os.environ.get(name):
                self.stdout.write(f"{user}: {passwords[name]}")
        try:
            loaded = load_demo(
                seed=options["seed"],
                demo_password=passwords["DEMO_PASSWORD"],
                staff_password=passwords["STAFF_PASSWORD"],
            )
        except NotEmpty as error:
            raise CommandError(
                "The database has accounts already: demo content goes into an empty one only."
            ) from error
        counts = " ".join(f"{name}={count}" for name, count in asdict(loaded).items())
        self.stdout.write(f"{counts} seconds={time.monotonic() - began:.1f}")
