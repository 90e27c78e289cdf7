"""Denormalised counts, kept by a ledger: triggers append what changed, a flusher folds it into the rows.

A like or a follow never touches the counted row, so nobody waits for a popular one and nothing deadlocks. The sum of a
stored count and its ledger rows is exact at every moment; the stored count alone is late by the flusher's interval.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import pgtrigger
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

logger = logging.getLogger(__name__)

FLUSH_LOCK = 0x50C1A1  # the advisory lock of the one flusher


@dataclass(frozen=True)
class Counter:
    """A count column and the query of its truth: `truth` selects (subject id, count) of every subject above zero."""

    name: str
    table: str
    key: str
    truth: str


_counters: dict[str, Counter] = {}


def register(counters: Iterable[Counter]) -> None:
    """Called by each app when it is ready; a counter's name is also the name of its column."""
    _counters.update({counter.name: counter for counter in counters})


def counters() -> list[Counter]:
    return list(_counters.values())


@dataclass(frozen=True)
class Change:
    """What a statement adds to one counter: rows of `source` with `condition`, each counting `sign` for `subject`."""

    counter: str
    subject: str
    condition: str = "true"


def ledger_triggers(name: str, changes: Iterable[Change], truncate: str) -> list[pgtrigger.Trigger]:
    """Statement-level triggers that write `changes` for inserts (+1), deletes (-1) and updates (both) of a table.

    `subject` and `condition` are SQL over the changed rows, seen as `r`. `truncate` is what TRUNCATE runs, because
    PostgreSQL gives no transition table for it.
    """
    changes = list(changes)
    return [
        pgtrigger.Trigger(
            name=f"{name}_insert",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=transition_tables(new="new_rows"),
            func=_append([("new_rows", 1)], changes),
        ),
        pgtrigger.Trigger(
            name=f"{name}_delete",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            referencing=transition_tables(old="old_rows"),
            func=_append([("old_rows", -1)], changes),
        ),
        pgtrigger.Trigger(
            name=f"{name}_update",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=transition_tables(old="old_rows", new="new_rows"),
            func=_append([("old_rows", -1), ("new_rows", 1)], changes),
        ),
        pgtrigger.Trigger(
            name=f"{name}_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Truncate,
            func=f"{truncate} RETURN NULL;",
        ),
    ]


def transition_tables(*, old: str | None = None, new: str | None = None) -> pgtrigger.Referencing:
    return pgtrigger.Referencing(old=old, new=new)  # type: ignore[no-untyped-call]  # the library leaves it untyped


def _append(sources: list[tuple[str, int]], changes: list[Change]) -> str:
    rows = " UNION ALL ".join(
        f"SELECT '{change.counter}' AS counter, {change.subject} AS subject_id, {sign} AS delta"  # nosec B608 # made of constants
        f" FROM {source} r WHERE {change.subject} IS NOT NULL AND {change.condition}"
        for change in changes
        for source, sign in sources
    )
    return (
        "INSERT INTO count_deltas (counter, subject_id, delta)"  # nosec B608 # made of constants
        f" SELECT counter, subject_id, sum(delta) FROM ({rows}) changed"
        " GROUP BY counter, subject_id HAVING sum(delta) <> 0; RETURN NULL;"
    )


def flush(limit: int | None = None) -> dict[str, list[int]]:
    """Fold up to `limit` ledger rows (default `COUNT_FLUSH_ROWS`) into their counts, in one transaction.

    Returns the subjects of each counter that was touched; empty when there was nothing or another flusher is at work.
    Locks the counted rows in key order. A count that would fall below zero is a defect elsewhere: it is set to zero
    and logged, so that one bad row cannot stop all counting, and `reconcile_counts` finds it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FLUSH_LOCK])
        if not cursor.fetchone()[0]:
            return {}
        cursor.execute(
            # ANY(ARRAY(…)) runs once; IN (…) may be planned to run for every row, when the statistics are old.
            "WITH taken AS (DELETE FROM count_deltas WHERE id = ANY(ARRAY"
            "(SELECT id FROM count_deltas ORDER BY id LIMIT %s)) RETURNING counter, subject_id, delta)"
            " SELECT counter, subject_id, sum(delta) FROM taken GROUP BY 1, 2 HAVING sum(delta) <> 0 ORDER BY 1, 2",
            [limit or settings.COUNT_FLUSH_ROWS],
        )
        changes: dict[str, dict[int, int]] = {}
        for name, subject, delta in cursor.fetchall():
            changes.setdefault(name, {})[subject] = delta
        for (table, key), names in _by_table(changes).items():
            subjects = sorted({subject for name in names for subject in changes[name]})
            cursor.execute(
                sql.SQL("SELECT {} FROM {} WHERE {key} = ANY(%s) ORDER BY {key} FOR NO KEY UPDATE").format(
                    sql.SQL(", ").join(map(sql.Identifier, [key, *names])),
                    sql.Identifier(table),
                    key=sql.Identifier(key),
                ),
                [subjects],
            )
            for subject, *counts in cursor.fetchall():
                for name, count in zip(names, counts, strict=True):
                    if count + changes[name].get(subject, 0) < 0:
                        logger.error("%s of %s would fall below zero: run reconcile_counts --fix", name, subject)
            _fold(cursor, table, key, subjects, {name: changes[name] for name in names})
    return {name: list(deltas) for name, deltas in changes.items()}


def _by_table(names: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    tables: dict[tuple[str, str], list[str]] = {}
    for name in sorted(names):
        counter = _counters[name]
        tables.setdefault((counter.table, counter.key), []).append(name)
    return tables


def _fold(cursor, table: str, key: str, subjects: list[int], deltas: dict[str, dict[int, int]]) -> None:  # type: ignore[no-untyped-def]  # Django's cursor wrapper has no public type
    columns = list(deltas)
    query = sql.SQL(
        "UPDATE {table} SET {sets} FROM unnest(%s::bigint[], {arrays}) AS change(subject_id, {columns})"
        " WHERE {table}.{key} = change.subject_id"
    ).format(
        table=sql.Identifier(table),
        key=sql.Identifier(key),
        columns=sql.SQL(", ").join(sql.Identifier(f"{column}_delta") for column in columns),
        arrays=sql.SQL(", ").join([sql.SQL("%s::bigint[]")] * len(columns)),
        sets=sql.SQL(", ").join(
            sql.SQL("{column} = greatest(0, {table}.{column} + change.{delta})").format(
                column=sql.Identifier(column), table=sql.Identifier(table), delta=sql.Identifier(f"{column}_delta")
            )
            for column in columns
        ),
    )
    cursor.execute(query, [subjects, *([deltas[c].get(s, 0) for s in subjects] for c in columns)])


@dataclass(frozen=True)
class Drift:
    counter: Counter
    subject_id: int
    counted: int
    truth: int


def drift() -> tuple[int, list[Drift]]:
    """(how many counts were checked, those whose count plus ledger is not the truth), in one statement a counter.

    One statement sees one snapshot, so running writers cause no false alarm.
    """
    checked, wrong = 0, []
    with connection.cursor() as cursor:
        for counter in counters():
            cursor.execute(
                f"WITH truth (subject_id, n) AS ({counter.truth}),"  # nosec B608 # made of constants
                " pending AS (SELECT subject_id, sum(delta) AS n FROM count_deltas WHERE counter = %s GROUP BY 1),"
                f" compared AS (SELECT s.{counter.key} AS subject_id, s.{counter.name} + coalesce(p.n, 0) AS counted,"
                f" coalesce(t.n, 0) AS truth FROM {counter.table} s"
                f" LEFT JOIN truth t ON t.subject_id = s.{counter.key}"
                f" LEFT JOIN pending p ON p.subject_id = s.{counter.key})"
                " SELECT count(*), array_agg(ARRAY[subject_id, counted, truth]) FILTER (WHERE counted <> truth)"
                " FROM compared",
                [counter.name],
            )
            number, rows = cursor.fetchone()
            checked += number
            wrong += [Drift(counter, *map(int, row)) for row in rows or []]
    return checked, wrong


def repair(wrong: Iterable[Drift]) -> None:
    """Append the missing differences to the ledger, which writers may use at the same time."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO count_deltas (counter, subject_id, delta) VALUES (%s, %s, %s)",
            [(row.counter.name, row.subject_id, row.truth - row.counted) for row in wrong],
        )
