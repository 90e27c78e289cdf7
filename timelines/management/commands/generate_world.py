"""A data set for measuring at full size, by one command; see generate_graph and generate_activity for its parts."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError, connection

from accounts.generating import generate_graph
from accounts.models import User
from socialgraph.bulk import vacuum
from socialgraph.progress import ProgressCommand
from socialgraph.redis import RedisError
from timelines.store import Kind
from timelines.warming import drop_lists
from tweets.generating import generate_activity

TABLES = ("users", "follows", "tweets", "tweet_counts", "likes")


class Command(ProgressCommand):
    help = (
        "Makes accounts (g1_0, g1_1, …), a power-law follow graph among them, one account more that all of them"
        " follow, tweets of the last 30 days and likes: for an installation that has no such data yet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        for name, default in (
            ("users", 1_000_000),
            ("follows", 20_000_000),
            ("tweets", 2_000_000),
            ("likes", 5_000_000),
        ):
            parser.add_argument(f"--{name}", type=int, default=default, help=f"default: {default:,}")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (default: 1)")

    def handle(self, *, users: int, follows: int, tweets: int, likes: int, seed: int, **options: Any) -> None:
        if User.objects.filter(username__istartswith="g1_").exists():
            raise CommandError("This installation has generated accounts already.")
        started = time.monotonic()
        try:
            made = generate_graph(users=users, follows=follows, seed=seed, star=True, meter=self.meter)
            self._say(started, f"accounts={users + 1} follows={follows + users} celebrities={made.celebrities}")
            activity = generate_activity(tweets=tweets, likes=likes, seed=seed, meter=self.meter)
            drop_lists(Kind.AUTHOR, activity.author_ids)
        except (ValueError, OperationalError, RedisError) as error:
            raise CommandError(f"Not complete, begin again with --reset: {error}") from error
        self._say(started, f"tweets={tweets} replies={activity.replies} likes={likes}")
        vacuum(*TABLES)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database()) / 1e9")
            [gigabytes] = cursor.fetchone()
        self._say(started, f"star={made.prefix}{users} gigabytes={gigabytes:.2f}")

    def _say(self, started: float, what: str) -> None:
        self.stdout.write(f"{what} seconds={time.monotonic() - started:.1f}")
        self.stdout.flush()
