"""What PostgreSQL says that it was asked, by pg_stat_statements: of all connections of the installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

_ALL = """
SELECT queryid, query, calls, rows, total_exec_time, shared_blks_hit + shared_blks_read
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
WHERE toplevel AND query NOT LIKE '%%pg_stat_statements%%'
"""


@dataclass(frozen=True)
class Statement:
    query: str
    calls: int
    rows: int
    milliseconds: float
    """Of execution, without planning."""
    blocks: int
    """Of 8 kB, looked at in memory or read."""


@dataclass
class Asked:
    """What was asked between the beginning and the end of `watched`."""

    statements: list[Statement]

    def only(self, beginning: str) -> "Asked":
        """Of those whose text begins so."""
        return Asked([each for each in self.statements if each.query.lstrip().startswith(beginning)])

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.statements)

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.statements)

    @property
    def milliseconds(self) -> float:
        return sum(each.milliseconds for each in self.statements)

    @property
    def blocks(self) -> int:
        return sum(each.blocks for each in self.statements)


@contextmanager
def watched() -> Iterator[Asked]:
    """The statements of the block, filled in at its end; its own questions are left out."""
    asked = Asked([])
    before = _all()
    yield asked
    for query_id, now in _all().items():
        was = before.get(query_id, Statement(now.query, 0, 0, 0.0, 0))
        if now.calls > was.calls:
            asked.statements.append(
                Statement(
                    now.query,
                    now.calls - was.calls,
                    now.rows - was.rows,
                    now.milliseconds - was.milliseconds,
                    now.blocks - was.blocks,
                )
            )


def _all() -> dict[int, Statement]:
    found: dict[int, Statement] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ALL)
        for query_id, *values in cursor.fetchall():
            found[query_id] = Statement(*values)
    return found
