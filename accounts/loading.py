"""Loading a follow graph from a file: all of it or, when a line is wrong, nothing."""

import datetime as dt
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

from accounts.services import flag_celebrities, flush_counts
from socialgraph.bulk import analyze, fast_filling, one_at_a_time, without_triggers
from socialgraph.models import CountDelta
from socialgraph.progress import Meter, silent
from socialgraph.snowflake import BulkIds

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

    One transaction, during which nobody else can follow or unfollow; while it fills the table for the most part
    everybody waits (see fast_filling). Then counts are folded and celebrities flagged. Raises BadLine, OSError, Busy,
    and ValueError when an account of another person stands in the way.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        one_at_a_time(cursor)
        cursor.execute("SET LOCAL work_mem = '64MB'")
        lines = _copy_edges(cursor, path, meter)
        follows = _distinct_edges(cursor)
        with fast_filling(cursor, {"follows": follows}), without_triggers(cursor, "follows"):
            accounts, new_accounts = _make_accounts(cursor)
            new_follows = _insert_follows(cursor, meter)
        _count_for_old_accounts(cursor)
        analyze(cursor, "users", "follows", "count_deltas")
        flag_celebrities()
    fold_counts(meter=meter)
    return Loaded(accounts, follows, lines - follows, new_accounts, new_follows)


def _copy_edges(cursor: Any, path: Path, meter: Meter) -> int:
    lines = 0
    cursor.execute("CREATE TEMP TABLE loaded_lines (follower bigint, followee bigint) ON COMMIT DROP")
    with meter("reading", None, "lines") as progress, cursor.copy("COPY loaded_lines FROM STDIN") as copy:
        for block in edge_blocks(path):
            copy.write(b"".join(block))
            lines += len(block)
            progress.advance(len(block))
    if not lines:
        raise ValueError("the file holds no follow")
    return lines


def _distinct_edges(cursor: Any) -> int:
    cursor.execute(
        "CREATE TEMP TABLE loaded_edges ON COMMIT DROP AS SELECT DISTINCT follower, followee FROM loaded_lines"
    )
    return int(cursor.rowcount)


def _make_accounts(cursor: Any) -> tuple[int, int]:
    """(accounts of the file, how many of them are new); leaves the temporary table loaded_accounts.

    A new account is born with its counts: all its follows are in the file.
    """
    today = timezone.now().date()
    cursor.execute(
        "CREATE TEMP TABLE loaded_nodes ON COMMIT DROP AS"
        " SELECT row_number() OVER (ORDER BY node) AS place, node, 'n' || node AS name,"
        "  sum(followers)::int AS followers, sum(following)::int AS following"
        " FROM (SELECT follower AS node, 0 AS followers, 1 AS following FROM loaded_edges"
        "  UNION ALL SELECT followee, 1, 0 FROM loaded_edges) ends GROUP BY node"
    )
    accounts = int(cursor.rowcount)
    cursor.execute("CREATE TEMP TABLE loaded_accounts (node bigint, id bigint, is_new boolean) ON COMMIT DROP")
    cursor.execute(
        "WITH made AS (INSERT INTO users"  # nosec B608 # made of constants and a number
        "  (id, username, email, display_name, password, last_active_on, follower_count, following_count)"
        f"  SELECT {BulkIds(cursor).sql('place')}, name, name || '@example.invalid', name, %s, %s, followers, following"
        "  FROM loaded_nodes ORDER BY place ON CONFLICT DO NOTHING RETURNING username, id)"
        " INSERT INTO loaded_accounts SELECT substr(username, 2)::bigint, id, true FROM made",
        [make_password(None), today],
    )
    new = int(cursor.rowcount)
    if new < accounts:
        _find_old_accounts(cursor, today)
    analyze(cursor, "loaded_accounts")
    return accounts, new


def _find_old_accounts(cursor: Any, today: dt.date) -> None:
    cursor.execute(
        "CREATE TEMP TABLE old_nodes ON COMMIT DROP AS SELECT node, name FROM loaded_nodes EXCEPT"
        " SELECT node, 'n' || node FROM loaded_accounts"
    )
    analyze(cursor, "users", "old_nodes")
    cursor.execute(
        "INSERT INTO loaded_accounts SELECT n.node, u.id, false FROM old_nodes n"
        " JOIN users u ON lower(u.username) = n.name AND lower(u.email) = n.name || '@example.invalid'"
    )
    cursor.execute("SELECT min(name) FROM old_nodes WHERE node NOT IN (SELECT node FROM loaded_accounts)")
    [name] = cursor.fetchone()
    if name is not None:
        raise ValueError(f"{name} or {name}@example.invalid belongs to an account that was not loaded from a graph")
    # All at once and in the order of the ids: two passes would cross the flusher's way.
    cursor.execute(
        "SELECT count(*) FROM (SELECT u.id FROM users u JOIN loaded_accounts a USING (id) WHERE NOT a.is_new"
        " ORDER BY u.id FOR NO KEY UPDATE OF u) locked"
    )
    cursor.execute(
        "UPDATE users u SET last_active_on = %s FROM loaded_accounts a"
        " WHERE a.id = u.id AND NOT a.is_new AND u.last_active_on IS DISTINCT FROM %s",
        [today, today],
    )


def _insert_follows(cursor: Any, meter: Meter) -> int:
    """Store the follows that do not exist yet; leaves them in the temporary table new_follows."""
    # In the order of two of the indexes, which then grow at one place only where they stay in place.
    cursor.execute(
        "CREATE TEMP TABLE new_follows ON COMMIT DROP AS SELECT row_number() OVER () AS place, pair.*"
        " FROM (SELECT f.id AS follower_id, t.id AS followee_id, f.is_new AS by_new, t.is_new AS of_new"
        "  FROM loaded_edges e"
        "  JOIN loaded_accounts f ON f.node = e.follower JOIN loaded_accounts t ON t.node = e.followee"
        "  ORDER BY 1, 2) pair"
        " WHERE by_new OR of_new OR NOT EXISTS"
        "  (SELECT FROM follows o WHERE o.follower_id = pair.follower_id AND o.followee_id = pair.followee_id)"
    )
    new = int(cursor.rowcount)
    cursor.execute("CREATE INDEX ON new_follows (place)")
    ids = BulkIds(cursor).sql("place")
    with meter("following", new, "follows") as progress:
        for start in range(0, new, SLICE):
            cursor.execute(
                f"INSERT INTO follows (id, follower_id, followee_id) SELECT {ids}, follower_id, followee_id"  # nosec B608 # made of constants and a number
                " FROM new_follows WHERE place > %s AND place <= %s ORDER BY place",
                [start, start + SLICE],
            )
            progress.advance(cursor.rowcount)
    return new


def _count_for_old_accounts(cursor: Any) -> None:
    """What accounts that existed have gained goes through the ledger; their timelines lack the new followees."""
    for counter, subject, is_new in (
        ("follower_count", "followee_id", "of_new"),
        ("following_count", "follower_id", "by_new"),
    ):
        cursor.execute(
            "INSERT INTO count_deltas (counter, subject_id, delta)"  # nosec B608 # made of constants
            f" SELECT %s, {subject}, count(*) FROM new_follows WHERE NOT {is_new} GROUP BY {subject}",
            [counter],
        )
    cursor.execute(
        "UPDATE users SET graph_version = graph_version + 1"
        " WHERE id IN (SELECT follower_id FROM new_follows WHERE NOT by_new)"
    )


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
