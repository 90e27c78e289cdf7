"""Everything that the board shows, gathered at one moment. Each part that could not be read says so in words."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from dashboard import database, datamodel, promises, servers, survey, workers
from dashboard.charts import Chart, charts, public_count
from dashboard.database import Activity, Table, Waiting
from dashboard.datamodel import Drawing
from dashboard.promises import Row
from dashboard.readings import Reading, read_all, read_redis
from dashboard.servers import Server
from dashboard.traffic import Kept, Lag, Route, Spread, Task, Total, built, kept, lags, routes, tasks, totals
from dashboard.workers import Duty
from socialgraph import metrics
from socialgraph.metrics import Note, Recorded


@dataclass(frozen=True)
class Board:
    at: dt.datetime
    recorded: Reading[Recorded]
    servers: dict[str, Reading[Server]]
    """By role: timelines, cache, broker."""
    activity: Reading[Activity]
    tables: Reading[dict[str, Table]]
    waiting: Reading[Waiting]

    @cached_property
    def promises(self) -> list[Row]:
        return promises.rows(self.recorded.value, self.sampled) if self.recorded.value else []

    @cached_property
    def charts(self) -> list[Chart]:
        return charts(self.recorded.value) if self.recorded.value else []

    @cached_property
    def totals(self) -> list[Total]:
        return totals(self.recorded.value) if self.recorded.value else []

    @cached_property
    def routes(self) -> list[Route]:
        return routes(self.recorded.value) if self.recorded.value else []

    @cached_property
    def tasks(self) -> list[Task]:
        return tasks(self.recorded.value) if self.recorded.value else []

    @cached_property
    def lags(self) -> list[Lag]:
        return lags(self.recorded.value) if self.recorded.value else []

    @cached_property
    def kept(self) -> list[Kept]:
        return kept(self.recorded.value) if self.recorded.value else []

    @cached_property
    def built(self) -> Spread | None:
        return built(self.recorded.value) if self.recorded.value else None

    @cached_property
    def duties(self) -> list[Duty]:
        return workers.duties(self.recorded.value.alive) if self.recorded.value else []

    @cached_property
    def survey(self) -> Note | None:
        return self.recorded.value.notes.get(survey.NOTE) if self.recorded.value else None

    @cached_property
    def surveyed_at(self) -> dt.datetime | None:
        return dt.datetime.fromtimestamp(self.survey.at, dt.UTC) if self.survey else None

    @cached_property
    def sampled(self) -> tuple[int, int] | None:
        """(checked, wrong) of the last sampled check, if there was one that came to its end."""
        parts = [self.survey.value[name].get("value") for name in ("counts", "timelines")] if self.survey else [None]
        known = [part for part in parts if part]
        return (sum(p["checked"] for p in known), sum(len(p["wrong"]) for p in known)) if known else None

    @cached_property
    def model(self) -> Drawing:
        return datamodel.drawing(self.tables.value or {})

    @property
    def are_servers_shared(self) -> bool:
        return servers.is_shared()

    @property
    def has_requests(self) -> bool:
        return self.recorded.value is not None and public_count(self.recorded.value.hour) > 0


def gather() -> Board:
    """Within about a second, whatever is down: the Redis servers are asked at once, PostgreSQL in this thread."""
    found: list[Reading[Any]] = read_all(partial(read_redis, partial(metrics.read, [survey.NOTE])), *servers.asks())
    return Board(
        at=dt.datetime.now(dt.UTC),
        recorded=found[0],
        servers=dict(zip(servers.ROLES, found[1:], strict=True)),
        activity=database.read_activity(),
        tables=database.read_tables(),
        waiting=database.read_waiting(),
    )
