"""PostgreSQL as its own catalogues and statistics tell of it. No query here grows with a table: rows are estimates."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

from dashboard.readings import Reading, read_database

APPS = ("accounts", "tweets", "timelines", "socialgraph")
COUNT_MAX = 100_000
"""What waits is counted exactly up to here."""


@dataclass(frozen=True)
class Activity:
    version: str
    size: int
    connections: int
    active: int
    waiting: int
    connections_max: int
    oldest_transaction: float | None
    """Seconds."""
    hit_rate: float | None
    """Pages that PostgreSQL found in its own memory, since its statistics began."""
    deadlocks: int


@dataclass(frozen=True)
class Table:
    name: str
    rows: int | None
    """Live rows by the statistics; None before anything was counted."""
    dead: int
    size: int
    indexes: int


@dataclass(frozen=True)
class Waiting:
    events: int
    oldest: float | None
    """Seconds since the oldest pending event was recorded."""
    failing: int
    deltas: int
    """Count changes in the ledger that are not folded yet."""


def product_models() -> list[type[Model]]:
    return [model for label in APPS for model in apps.get_app_config(label).get_models()]


def read_activity() -> Reading[Activity]:
    return read_database(_activity)


def read_tables() -> Reading[dict[str, Table]]:
    """By name, the largest first."""
    return read_database(_tables)


def read_waiting() -> Reading[Waiting]:
    return read_database(_waiting)


def _row(query: str, values: list[Any] | None = None) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _activity() -> Activity:
    return Activity(
        *_row(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), a.connections, a.active,"
            " a.waiting, current_setting('max_connections')::int, a.oldest,"
            " d.blks_hit::float8 / nullif(d.blks_hit + d.blks_read, 0), d.deadlocks"
            " FROM pg_stat_database d, (SELECT count(*) AS connections,"
            "  count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()) AS active,"
            "  count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,"
            "  extract(epoch FROM max(clock_timestamp() - xact_start)"
            "   FILTER (WHERE pid <> pg_backend_pid()))::float8 AS oldest"
            "  FROM pg_stat_activity WHERE datname = current_database()) a"
            " WHERE d.datname = current_database()"
        )
    )


def _tables() -> dict[str, Table]:
    names = [model._meta.db_table for model in product_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, coalesce(nullif(s.n_live_tup, 0), nullif(c.reltuples, -1)::bigint,"
            "  CASE pg_relation_size(c.oid) WHEN 0 THEN 0 END),"
            " coalesce(s.n_dead_tup, 0), pg_total_relation_size(c.oid), pg_indexes_size(c.oid)"
            " FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)"
            " ORDER BY 4 DESC, 1",
            [names],
        )
        return {row[0]: Table(*row) for row in cursor.fetchall()}


def _waiting() -> Waiting:
    return Waiting(
        *_row(
            "SELECT count(*), extract(epoch FROM clock_timestamp() - min(created_at))::float8,"
            " count(*) FILTER (WHERE last_error <> ''),"
            " (SELECT count(*) FROM (SELECT 1 FROM count_deltas LIMIT %s) d)"
            " FROM (SELECT created_at, last_error FROM outbox WHERE done_at IS NULL ORDER BY id LIMIT %s) o",
            [COUNT_MAX, COUNT_MAX],
        )
    )
