"""Loading a follow graph from a file: all of it or, when a line is wrong, nothing."""

import gzip
import io
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.services import flush_counts
from socialgraph.models import CountDelta
from socialgraph.progress import Meter, silent

HEADER = b"follower\tfollowee"
NODE_DIGITS = 14  # node 5 becomes the account n5, and a user name has at most 15 characters
EDGE = re.compile(rb"([0-9]{1,14})\t([0-9]{1,14})\r?\n?")
LONGEST_LINE = 64  # of an edge list, in bytes: a file without line ends is not read into memory
BLOCK_LINES = 20_000
SLICE = 250_000
"""Follows in one INSERT or COPY. A larger slice writes fewer ledger rows, a smaller one holds less in memory: the
triggers that wait for the end of the statement."""


class BadLine(ValueError):
    """The file cannot be used; the message names the line and what is wrong with it."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"line {number}: {what}")


@dataclass(frozen=True)
class Loaded:
    accounts: int
    follows: int
    """Distinct follows of the file; the rest of its lines are `repeated`."""
    repeated: int
    new_accounts: int
    new_follows: int


def numbered_lines(path: Path, longest: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a plain or gzip-compressed file, with their ends; one of over `longest` bytes comes in pieces.

    Raises OSError when the file cannot be opened, BadLine where its compression is broken.
    """
    number = 0
    with io.BufferedReader(gzip.open(path) if path.suffix == ".gz" else path.open("rb", buffering=0)) as file:
        try:
            for number, line in enumerate(iter(partial(file.readline, longest), b""), start=1):
                yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadLine(number + 1, f"the compressed file is broken or cut off here ({error})") from error


def edge_blocks(path: Path) -> Iterator[list[bytes]]:
    """The checked lines of an edge list without its header, in blocks. Raises BadLine and OSError."""
    block: list[bytes] = []
    for number, line in numbered_lines(path, LONGEST_LINE):
        edge = EDGE.fullmatch(line)
        if edge is None or int(edge[1]) == int(edge[2]):
            if number == 1 and line.rstrip(b"\r\n") == HEADER:
                continue
            raise BadLine(number, _complaint(line, is_first=number == 1))
        block.append(b"%b\t%b\n" % edge.groups())
        if len(block) == BLOCK_LINES:
            yield block
            block = []
    yield block


def _complaint(line: bytes, *, is_first: bool) -> str:
    columns = line.rstrip(b"\r\n").split(b"\t")
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        return f"longer than {LONGEST_LINE} bytes, so it is no pair of numbers"
    if len(columns) != 2:
        return f"{len(columns)} column(s) instead of two numbers with a tab between them"
    for column in columns:
        if not column.isdigit():
            shown = column.decode("utf-8", "backslashreplace")
            hint = f", and the header would be {HEADER.decode()!r}" if is_first else ""
            return f"{shown!r} is not a number{hint}"
        if len(column) > NODE_DIGITS:
            return f"{column.decode()} is too large: at most {NODE_DIGITS} digits"
    return f"{columns[0].decode()} follows itself"


def load_follow_graph(path: Path, *, meter: Meter = silent) -> Loaded:
    """Make node `n` of the file the account `n<n>`, active today, and store its follows; what exists stays.

    One transaction. Then the counts are folded, and celebrity flags with them. Raises BadLine, OSError, and ValueError
    when an account of another person stands in the way.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys are checked slice by slice: deferred, they would all wait in memory for a long commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        lines = _copy_edges(cursor, path, meter)
        accounts, new_accounts = _make_accounts(cursor)
        follows, new_follows = _insert_follows(cursor, meter)
        cursor.execute(
            "UPDATE users SET graph_version = graph_version + 1 WHERE id IN"
            " (SELECT id FROM users WHERE id IN (SELECT follower_id FROM changed_followers)"
            " ORDER BY id FOR NO KEY UPDATE)"
        )
        analyze(cursor, "users", "follows", "count_deltas")
    fold_counts(meter=meter)
    return Loaded(accounts, follows, lines - follows, new_accounts, new_follows)


def _copy_edges(cursor: Any, path: Path, meter: Meter) -> int:
    lines = 0
    cursor.execute("CREATE TEMP TABLE loaded_edges (follower bigint, followee bigint) ON COMMIT DROP")
    with meter("reading", None, "lines") as progress, cursor.copy("COPY loaded_edges FROM STDIN") as copy:
        for block in edge_blocks(path):
            copy.write(b"".join(block))
            lines += len(block)
            progress.advance(len(block))
    if not lines:
        raise ValueError("the file holds no follow")
    cursor.execute("ANALYZE loaded_edges")
    return lines


def _make_accounts(cursor: Any) -> tuple[int, int]:
    """(accounts of the file, how many of them are new); leaves the temporary table loaded_accounts (node, id)."""
    today = timezone.now().date()
    cursor.execute(
        "CREATE TEMP TABLE loaded_nodes ON COMMIT DROP AS SELECT node, 'n' || node AS name"
        " FROM (SELECT follower AS node FROM loaded_edges UNION SELECT followee FROM loaded_edges) nodes"
    )
    accounts = int(cursor.rowcount)
    cursor.execute(
        "INSERT INTO users (username, email, display_name, password, last_active_on)"
        " SELECT name, name || '@example.invalid', name, %s, %s FROM loaded_nodes ORDER BY node"
        " ON CONFLICT DO NOTHING",
        [make_password(None), today],
    )
    new = int(cursor.rowcount)
    analyze(cursor, "users", "loaded_nodes")
    cursor.execute(
        "CREATE TEMP TABLE loaded_accounts ON COMMIT DROP AS SELECT n.node, u.id FROM loaded_nodes n"
        " JOIN users u ON lower(u.username) = n.name AND lower(u.email) = n.name || '@example.invalid'"
    )
    if cursor.rowcount != accounts:
        cursor.execute(
            "SELECT name FROM loaded_nodes WHERE node NOT IN (SELECT node FROM loaded_accounts) ORDER BY node LIMIT 1"
        )
        [name] = cursor.fetchone()
        raise ValueError(f"{name} or {name}@example.invalid belongs to an account that was not loaded from a graph")
    cursor.execute(
        "UPDATE users SET last_active_on = %s WHERE id IN (SELECT u.id FROM users u JOIN loaded_accounts a USING (id)"
        " WHERE u.last_active_on IS DISTINCT FROM %s ORDER BY u.id FOR NO KEY UPDATE OF u)",
        [today, today],
    )
    analyze(cursor, "loaded_accounts")
    return accounts, new


def _insert_follows(cursor: Any, meter: Meter) -> tuple[int, int]:
    """(distinct follows of the file, how many of them are new); leaves the temporary table changed_followers."""
    # In the order of two of the four indexes, so that these grow at one place only.
    cursor.execute(
        "CREATE TEMP TABLE loaded_follows ON COMMIT DROP AS SELECT row_number() OVER () AS place, pair.*"
        " FROM (SELECT DISTINCT f.id AS follower_id, t.id AS followee_id FROM loaded_edges e"
        " JOIN loaded_accounts f ON f.node = e.follower JOIN loaded_accounts t ON t.node = e.followee"
        " ORDER BY 1, 2) pair"
    )
    follows, new = int(cursor.rowcount), 0
    cursor.execute("CREATE INDEX ON loaded_follows (place)")
    cursor.execute("CREATE TEMP TABLE changed_followers (follower_id bigint) ON COMMIT DROP")
    analyze(cursor, "loaded_follows")
    with meter("following", follows, "follows") as progress:
        for start in range(0, follows, SLICE):
            cursor.execute(
                "WITH added AS (INSERT INTO follows (follower_id, followee_id)"
                "  SELECT follower_id, followee_id FROM loaded_follows WHERE place > %s AND place <= %s ORDER BY place"
                "  ON CONFLICT DO NOTHING RETURNING follower_id),"
                " changed AS (INSERT INTO changed_followers SELECT DISTINCT follower_id FROM added)"
                " SELECT count(*) FROM added",
                [start, start + SLICE],
            )
            new += cursor.fetchone()[0]
            progress.advance(min(SLICE, follows - start))
    analyze(cursor, "changed_followers")
    return follows, new


def analyze(cursor: Any, *tables: str) -> None:
    """Tell the planner about what was just written; autovacuum would come a minute later, after the slow plans."""
    cursor.execute(f"ANALYZE {', '.join(tables)}")


def fold_counts(*, meter: Meter = silent) -> None:
    """Fold all that the ledger holds now, beside a flusher that may be at work; celebrity flags follow the counts."""
    last = CountDelta.objects.aggregate(last=Max("id"))["last"]
    if last is None:
        return
    left = CountDelta.objects.filter(id__lte=last)
    total = left.count()
    with meter("counting", total, "ledger rows") as progress:
        while left.exists():
            if not flush_counts():
                time.sleep(0.05)
            progress.advance(min(settings.COUNT_FLUSH_ROWS, total - progress.done))
