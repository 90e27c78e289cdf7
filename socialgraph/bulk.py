"""Loading many rows into a table in one transaction, several times faster than row by row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import sql

BULK_LOCK = 0x50C1A2  # the advisory lock of the one bulk load
INDEX_MEMORY = "256MB"
CONSTRAINTS = """
    SELECT conname, pg_get_constraintdef(oid), confrelid::regclass::text
    FROM pg_constraint c WHERE conrelid = %s::regclass
    AND (contype IN ('u', 'f')
        OR contype = 'p' AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = c.conindid AND f.contype = 'f'))
    ORDER BY contype DESC, conname
"""
INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1
"""


def analyze(cursor: Any, *tables: str) -> None:
    """Tell the planner about what was just written; autovacuum would come a minute later, after the slow plans."""
    cursor.execute(f"ANALYZE {', '.join(tables)}")


def one_at_a_time(cursor: Any) -> None:
    """Wait for the end of another bulk load; until the transaction ends others wait for this one."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BULK_LOCK])


@contextmanager
def fast_filling(cursor: Any, table: str, *, rows: int) -> Iterator[None]:
    """For a block that writes about `rows` rows: when the table has fewer yet, indexes are made after the block.

    So are its keys, by one pass over the table; CHECKs, triggers and a primary key that other tables refer to stay at
    work. Must be in a transaction, whose end shows the table again: until then readers and writers of it wait, and
    writers of the tables it refers to. With more rows in the table than `rows` nothing is locked and nothing put off.
    """
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred, checks would all wait in memory for a long commit
    cursor.execute(
        sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT %s) present").format(sql.Identifier(table)), [rows]
    )
    if cursor.fetchone()[0] >= rows:
        yield
        return
    cursor.execute(CONSTRAINTS, [table])
    constraints = cursor.fetchall()
    targets = sorted({target for *_, target in constraints if target not in ("-", table)})
    for name, mode in [*((target, "SHARE ROW EXCLUSIVE") for target in targets), (table, "ACCESS EXCLUSIVE")]:
        cursor.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.Identifier(name), sql.SQL(mode)))
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    alter = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(table))
    for name, *_ in constraints:
        cursor.execute(alter + sql.SQL("DROP CONSTRAINT {}").format(sql.Identifier(name)))
    for name, _ in indexes:
        cursor.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(name)))
    yield
    cursor.execute(sql.SQL("SET LOCAL maintenance_work_mem = {}").format(INDEX_MEMORY))
    for _, definition in indexes:
        cursor.execute(definition)
    for name, definition, _ in constraints:
        cursor.execute(alter + sql.SQL("ADD CONSTRAINT {} {}").format(sql.Identifier(name), sql.SQL(definition)))
