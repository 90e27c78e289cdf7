from typing import Any

from django.core.management.base import CommandError

from socialgraph.progress import ProgressCommand
from socialgraph.redis import RedisError
from timelines.warming import rebuild_all


class Command(ProgressCommand):
    help = "Builds the home timeline of every active user from PostgreSQL and drops all other lists in Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            warmed = rebuild_all(meter=self.meter)
        except RedisError as error:
            raise CommandError(f"The timeline server failed; reads go on from PostgreSQL: {error}") from error
        self.stdout.write(
            f"built={warmed.built} dropped_inactive={warmed.dropped} dropped_author_lists={warmed.author_lists}"
        )
