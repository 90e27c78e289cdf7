"""Loading many rows into a table in one transaction, several times faster than row by row."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import sql

BULK_LOCK = 0x50C1A2  # the advisory lock of the one bulk load
INDEX_MEMORY = "256MB"
CONSTRAINTS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint c WHERE conrelid = %s::regclass
    AND (contype IN ('u', 'f')
        OR contype = 'p' AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = c.conindid AND f.contype = 'f'))
    ORDER BY contype DESC, conname
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1
"""
TARGETS = "SELECT confrelid::regclass::text FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
LOCK_ATTEMPTS = 200  # of at most 0.3 s each


class Busy(ValueError):
    """The tables could not be locked; nothing was written."""


def analyze(cursor: Any, *tables: str) -> None:
    """Tell the planner about what was just written; autovacuum would come a minute later, after the slow plans."""
    cursor.execute(f"ANALYZE {', '.join(tables)}")


def vacuum(*tables: str) -> None:
    """Outside of a transaction: index-only scans, and statistics of what autovacuum would come to minutes later."""
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")


def one_at_a_time(cursor: Any) -> None:
    """Wait for the end of another bulk load, however long; until the transaction ends others wait for this one."""
    cursor.execute("SET LOCAL lock_timeout = 0")
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BULK_LOCK])


@contextmanager
def fast_filling(cursor: Any, rows: Mapping[str, int]) -> Iterator[None]:
    """For a block that writes so many rows to each table: what it fills for the most part gets its indexes afterwards.

    A table with at least as many rows as come is left as it is. Of the others, keys and indexes are made after the
    block by one pass each; CHECKs, triggers and a primary key that other tables refer to stay at work. Until the
    transaction ends everybody else waits for these tables and for those they refer to, readers too (PostgreSQL drops
    no foreign key under less). Enter it before any row is locked. Raises Busy when the site leaves no gap to lock in.
    """
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred, checks would all wait in memory for a long commit
    filled = [table for table, coming in rows.items() if has_fewer(cursor, table, coming)]
    _lock(cursor, filled)
    put_off = [(table, _fetched(cursor, CONSTRAINTS, table), _fetched(cursor, INDEXES, table)) for table in filled]
    for table, constraints, indexes in put_off:
        for name, _ in constraints:
            cursor.execute(_alter(table, "DROP CONSTRAINT {}", sql.Identifier(name)))
        for name, _ in indexes:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    yield
    cursor.execute(sql.SQL("SET LOCAL maintenance_work_mem = {}").format(INDEX_MEMORY))
    for table, constraints, indexes in put_off:
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(_alter(table, "ADD CONSTRAINT {} {}", sql.Identifier(name), sql.SQL(definition)))


@contextmanager
def without_triggers(cursor: Any, *tables: str) -> Iterator[None]:
    """For a block that keeps by itself, once for all rows, what the triggers of these tables keep row by row.

    Until the transaction ends nobody else writes to them. Enter it after fast_filling.
    """
    for table in tables:
        cursor.execute(_alter(table, "DISABLE TRIGGER USER"))
    yield
    for table in tables:
        cursor.execute(_alter(table, "ENABLE TRIGGER USER"))


def has_fewer(cursor: Any, table: str, rows: int) -> bool:
    query = sql.SQL("SELECT count(*) < %s FROM (SELECT FROM {} LIMIT %s) present").format(sql.Identifier(table))
    cursor.execute(query, [rows, rows])
    return bool(cursor.fetchone()[0])


def _lock(cursor: Any, tables: list[str]) -> None:
    """Lock the tables and those they refer to, all at once.

    Others hold some of these locks and wait for others of them, in any order. So each attempt gives up long before
    PostgreSQL would look for a deadlock, and lets go of what it had: nobody's request fails for the load's sake.
    """
    names = {*tables, *(target for table in tables for (target,) in _fetched(cursor, TARGETS, table))}
    if not names:
        return
    query = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(
        sql.SQL(", ").join(map(sql.Identifier, sorted(names)))
    )
    for _ in range(LOCK_ATTEMPTS):
        try:
            with transaction.atomic():
                cursor.execute("SET LOCAL lock_timeout = 200")
                cursor.execute(query)
                cursor.execute("SET LOCAL lock_timeout = 0")
        except OperationalError:
            time.sleep(0.1)
        else:
            return
    raise Busy(f"{', '.join(sorted(names))} are in use without a pause: stop the product, or try again later.")


def _fetched(cursor: Any, query: str, table: str) -> list[tuple[str, ...]]:
    cursor.execute(query, [table])
    rows: list[tuple[str, ...]] = cursor.fetchall()
    return rows


def _alter(table: str, action: str, *parts: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table)) + sql.SQL(action).format(*parts)
