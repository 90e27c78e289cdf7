"""Whether the database is right after the load, and nothing of it is missing, doubled or left over."""

import io
import time
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import ForeignKey
from psycopg import sql

from timelines.checking import differences, wait_for_deliveries

FOLD_SECONDS = 300
PAGE_SIZE = 50
ONCE = {
    "likes": ("user_id", "tweet_id"),
    "bookmarks": ("user_id", "tweet_id"),
    "follows": ("follower_id", "followee_id"),
    "tweets": ("author_id", "retweet_of_id"),
}
"""Tables and what may stand in each only once."""
Finding = list[Any]
"""[what was counted, expected, found]"""


def wait_until_folded(subject_ids: Sequence[int]) -> int:
    """Until the counts of these hold all that happened; how many ledger rows are left when that takes too long."""
    deadline = time.monotonic() + FOLD_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM count_deltas WHERE subject_id = ANY(%s)", [list(subject_ids)])
            [left] = cursor.fetchone()
            if left == 0 or time.monotonic() > deadline:
                return int(left)
            time.sleep(0.1)


def whole(sample: int, crowd: Sequence[int]) -> list[Finding]:
    found: list[Finding] = [["events that workers left in the outbox", 0, wait_for_deliveries()]]
    found += [
        [f"check_timelines --sample {sample}", "drift=0", _last_word("check_timelines", sample=sample)],
        [f"timelines of {min(sample, len(crowd))} people of the test, wrong", 0, _wrong(crowd[:sample])],
        ["reconcile_counts", "drift=0", _last_word("reconcile_counts")],
        ["rows that refer to nothing", 0, sum(_orphans())],
    ]
    return found + [[f"doubles in {table}", 0, _doubles(table, columns)] for table, columns in ONCE.items()]


def _last_word(command: str, **options: Any) -> str:
    """`drift=…`, with all that the command said before where there is one."""
    said = io.StringIO()
    try:
        call_command(command, stdout=said, no_progress=True, **options)
    except SystemExit:
        return " ".join(said.getvalue().split())
    return said.getvalue().split()[-1]


def _wrong(user_ids: Sequence[int]) -> int:
    return sum(difference is not None and not difference.is_pending for difference in differences(user_ids, PAGE_SIZE))


def _orphans() -> Iterator[int]:
    """By foreign key: constraints forbid them, and a damaged index or a disabled trigger would let them in."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and model._meta.managed:
                yield _rows_without(model._meta.db_table, str(field.column), field.remote_field.model._meta)


def _rows_without(table: str, column: str, target: Any) -> int:
    query = sql.SQL(
        "SELECT count(*) FROM {table} r WHERE r.{column} IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM {target} t WHERE t.{key} = r.{column})"
    ).format(
        table=sql.Identifier(table),
        column=sql.Identifier(column),
        target=sql.Identifier(target.db_table),
        key=sql.Identifier(target.pk.column),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def _doubles(table: str, columns: tuple[str, ...]) -> int:
    """As if there were no unique constraint, so that what lies in the table is counted and not what its index says."""
    query = sql.SQL(
        "SELECT count(*) FROM (SELECT FROM {table} WHERE {last} IS NOT NULL GROUP BY {columns} HAVING count(*) > 1) d"
    ).format(
        table=sql.Identifier(table),
        last=sql.Identifier(columns[-1]),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
