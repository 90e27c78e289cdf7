"""Whether PostgreSQL goes the way that the product counts on: what a read really does, by EXPLAIN and statistics.

The queries are those that the product sends, caught while its own selectors run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

BIG_TABLES = ("users", "follows", "tweets", "tweet_counts", "likes", "bookmarks")
"""Nothing that people wait for may read one of these from end to end."""
TOUCHED = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")

Asked = TypeVar("Asked")


@dataclass(frozen=True)
class AccessPath(Generic[Asked]):
    """A read of the product, the index that makes it quick, and how many rows of tables and indexes it may touch."""

    name: str
    read: Callable[[Asked], object]
    index: str
    rows: Callable[[Asked], int]
    """Counted in every scan of the plan, so that a row found by an index and then fetched from its table is two."""
    statement: int = 0
    """Which of its queries."""
    is_function: bool = False
    """The index is used inside a function of the database: EXPLAIN cannot look in there, but statistics can."""


@dataclass(frozen=True)
class Finding:
    name: str
    index: str
    rows: int
    most: int
    milliseconds: float
    indexes: frozenset[str] = field(default_factory=frozenset)
    """That the plan uses."""
    scanned: frozenset[str] = field(default_factory=frozenset)
    """Big tables that were read from end to end."""

    @property
    def complaints(self) -> list[str]:
        wrong = [f"reads {table} from end to end" for table in sorted(self.scanned)]
        if self.index not in self.indexes:
            wrong.append(f"uses {', '.join(sorted(self.indexes)) or 'no index'} and not {self.index}")
        if self.rows > self.most:
            wrong.append(f"touches {self.rows} rows, more than {self.most}")
        return wrong


def check(path: AccessPath[Asked], asked: Asked) -> Finding:
    """Runs the read three times and its query once more. Undoes what it writes in the database."""
    path.read(asked)  # whatever is built for the first one, and kept
    with transaction.atomic():
        before = _statistics(path.index)
        with CaptureQueriesContext(connection) as seen:
            path.read(asked)
        after = _statistics(path.index)
        queries = [each["sql"] for each in seen if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {queries[path.statement]}")  # nosec B608 # the product's own
            [[explained]] = cursor.fetchone()
        transaction.set_rollback(True)
    nodes = list(_nodes(explained["Plan"]))
    grown = {name: (after[name][0] - before[name][0], after[name][1] - before[name][1]) for name in after}
    indexes = {node["Index Name"] for node in nodes if "Index Name" in node}
    if path.is_function and grown[path.index][0]:
        indexes.add(path.index)
    return Finding(
        name=path.name,
        index=path.index,
        rows=grown[path.index][1] if path.is_function else sum(map(_touched, nodes)),
        most=path.rows(asked),
        milliseconds=round(explained["Execution Time"], 2),
        indexes=frozenset(indexes),
        scanned=frozenset(_scanned(nodes)) | {table for table in BIG_TABLES if grown[table][0]},
    )


def checked(paths: Iterable[AccessPath[Asked]], asked: Asked) -> dict[str, dict[str, Any]]:
    """By name, for a report."""
    findings = [check(path, asked) for path in paths]
    return {
        found.name: {
            "index": found.index,
            "rows": found.rows,
            "most": found.most,
            "ms": found.milliseconds,
            "complaints": found.complaints,
        }
        for found in findings
    }


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _touched(node: dict[str, Any]) -> int:
    """Numbers of a node are means of its loops."""
    if "Scan" not in node["Node Type"] or node["Node Type"] in ("CTE Scan", "Subquery Scan", "Function Scan"):
        return 0
    found: float = sum(node.get(kind, 0) for kind in TOUCHED) * node["Actual Loops"]
    return round(found)


def _scanned(nodes: list[dict[str, Any]]) -> set[str]:
    return {
        node["Relation Name"]
        for node in nodes
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG_TABLES and node["Actual Loops"]
    }


def _statistics(index: str) -> dict[str, tuple[int, int]]:
    """(scans, rows read by them) of this transaction so far, functions included; of tables those from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n, pg_stat_get_xact_numscans(n::regclass), pg_stat_get_xact_tuples_returned(n::regclass)"
            " FROM unnest(%s::text[]) n WHERE to_regclass(n) IS NOT NULL",
            [[*BIG_TABLES, index]],
        )
        found = {name: (scans, rows) for name, scans, rows in cursor.fetchall()}
    return {index: (0, 0)} | found
