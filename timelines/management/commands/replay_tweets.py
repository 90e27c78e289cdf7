import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.loading import BadLine
from socialgraph.progress import ProgressCommand
from socialgraph.redis import RedisError
from timelines.rebuild import build_active
from timelines.replay import CannotReplay, Replay, pair_by_rank, read_posts
from timelines.store import Kind
from timelines.warming import drop_lists, inactive_user_ids


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
    help = (
        "Posts a recording (JSON lines with created_at, author, text; .gz too) through post_tweet, the outbox and the"
        " running workers, and counts what arrives; exit code 1 when that is not what should."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("path", type=Path)
        parser.add_argument("--speed", type=speed, default=None, help="times the recorded pace, or max (the default)")
        parser.add_argument("--limit", type=int, help="post only the first so many; all are checked and ranked")

    def handle(self, *args: Any, path: Path, speed: float | None, limit: int | None, **options: Any) -> None:
        run = self._prepare(path, speed, limit)
        try:
            run.run()
        except CannotReplay as error:
            self.stdout.write(run.report())
            raise CommandError(str(error)) from error
        self.stdout.write(run.report())
        if run.deliveries.total != run.expected:
            raise CommandError("Deliveries differ from the followers: look at the workers' logs, run check_timelines.")

    def _prepare(self, path: Path, speed: float | None, limit: int | None) -> Replay:
        if limit is not None and limit < 1:
            raise CommandError("--limit is a number from 1 on.")
        try:
            posts = read_posts(path)
            users = pair_by_rank(posts)
            drop_lists(Kind.HOME, inactive_user_ids())
            built, active = build_active(meter=self.meter)
        except (BadLine, OSError) as error:
            raise CommandError(f"Nothing was posted. {path}: {error}") from error
        except (CannotReplay, RedisError) as error:
            raise CommandError(f"Nothing was posted. {error}") from error
        self.stdout.write(f"built={built} active={active}")
        return Replay(posts[:limit], users, speed, self.meter)
