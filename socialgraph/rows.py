"""Writes that Django's ORM has no single statement for."""

from typing import Any

from django.db import connection, models
from psycopg import sql


def insert_if_absent(model: type[models.Model], **values: Any) -> bool:
    """Insert one row unless a unique constraint says that it exists; one statement, safe against racing writers.

    `values` are by column name. Returns whether a row was inserted.
    """
    query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, list(values.values()))
        return bool(cursor.rowcount)


def delete_where(model: type[models.Model], **values: Any) -> bool:
    """Delete the rows with these values, by column name, without reading what refers to them. Whether there was one."""
    query = sql.SQL("DELETE FROM {} WHERE {}").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(" AND ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in values),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, list(values.values()))
        return bool(cursor.rowcount)


def next_snowflake() -> int:
    """An id from the database, for a row that must be known before it is inserted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT snowflake()")
        return int(cursor.fetchone()[0])


def delete_some(table: str, column: str, values: list[int], limit: int) -> int:
    """Delete up to `limit` rows in which `column` is one of the values, without reading them; how many there were."""
    return _change_some("DELETE FROM {table}", table, column, values, limit)


def clear_some(table: str, column: str, values: list[int], limit: int) -> int:
    """As `delete_some`, but the column becomes null and the rows stay."""
    return _change_some("UPDATE {table} SET {column} = NULL", table, column, values, limit)


def _change_some(change: str, table: str, column: str, values: list[int], limit: int) -> int:
    # ANY(ARRAY(…)) runs once; IN (…) may be planned to run for every row, and then takes more than `limit`.
    chosen = " WHERE id = ANY(ARRAY(SELECT id FROM {table} WHERE {column} = ANY(%s) LIMIT %s))"
    query = sql.SQL(change + chosen).format(table=sql.Identifier(table), column=sql.Identifier(column))
    with connection.cursor() as cursor:
        cursor.execute(query, [values, limit])
        return int(cursor.rowcount)


def take_lock(what: str, *ids: int, shared: tuple[str, int] | None = None) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it until this one ends.

    Read what it protects in a later statement: one that waits for a lock sees the rows as they were before. `shared` is
    another lock, for `share_lock`, taken first and in the same round trip.
    """
    names = [_name(what, *ids)]
    query = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
    if shared:
        names.insert(0, _name(*shared))
        query = query.replace("SELECT", "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0)),")
    with connection.cursor() as cursor:
        cursor.execute(query, names)


def share_lock(what: str, *ids: int) -> None:
    """As `take_lock`, but together with others who share it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [_name(what, *ids)])


def _name(what: str, *ids: int) -> str:
    return " ".join([what, *map(str, ids)])
