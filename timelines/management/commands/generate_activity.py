"""Stands in timelines and not in tweets, since authors' own lists in Redis must go when tweets bypass the events."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError

from socialgraph.progress import ProgressCommand
from socialgraph.redis import RedisError
from timelines.store import Kind
from timelines.warming import drop_lists
from tweets.generating import generate_activity


class Command(ProgressCommand):
    help = "Makes tweets by existing users, spread over the last 30 days, and likes of these tweets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--tweets", type=int, required=True)
        parser.add_argument("--likes", type=int, required=True, help="exactly as many likes of the new tweets are made")
        parser.add_argument("--seed", type=int, required=True, help="the same seed and users make the same activity")

    def handle(self, *args: Any, tweets: int, likes: int, seed: int, **options: Any) -> None:
        started = time.monotonic()
        try:
            made = generate_activity(tweets=tweets, likes=likes, seed=seed, meter=self.meter)
        except (ValueError, OperationalError) as error:
            raise CommandError(f"Nothing was written: {error}.") from error
        try:
            drop_lists(Kind.AUTHOR, made.author_ids)
        except RedisError as error:
            raise CommandError(
                f"The tweets are stored, but the timeline server failed: run rebuild_timelines when it is back. {error}"
            ) from error
        seconds = time.monotonic() - started
        self.stdout.write(
            f"tweets={tweets} replies={made.replies} likes={likes} seconds={seconds:.2f}"
            f" tweets_per_second={tweets / seconds:.0f}"
        )
