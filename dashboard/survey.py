"""Once a minute: top accounts, and whether a few drawn timelines and counts are what they should be.

Followers have no index, so the top is found by reading all users, in the background and under a time limit; posts of
the last hour are a range of ids. Drawn are a handful of people and tweets, from a few random pages of their tables.
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from dashboard.readings import Reading, read_database
from socialgraph import counts, metrics
from socialgraph.counts import Counter
from socialgraph.models import OutboxEvent
from socialgraph.rows import next_snowflake
from socialgraph.snowflake import first_id_at
from timelines.entries import entries_of
from timelines.home import home_page
from timelines.pull import first_page, pull_rows

NOTE = "survey"
TOP = 8
DRAWN_TIMELINES = 4
DRAWN_COUNTS = 20
DRAWN_PAGES = 20
PAGE = 50
SURVEY_MILLISECONDS = 2_000
"""For one statement; one process does this beside other periodic work."""

Row = tuple[str, int]


def take() -> dict[str, Any]:
    """Raises RedisError when it cannot be kept."""
    found = {
        "followed": _or_trouble(read_database(most_followed, SURVEY_MILLISECONDS)),
        "posting": _or_trouble(read_database(most_posting, SURVEY_MILLISECONDS)),
        "counts": _or_trouble(read_database(drifting_counts, SURVEY_MILLISECONDS)),
        "timelines": _or_trouble(read_database(drifting_timelines, SURVEY_MILLISECONDS)),
    }
    metrics.note(NOTE, found)
    return found


def _or_trouble(reading: Reading[Any]) -> dict[str, Any]:
    return {"trouble": reading.trouble} if reading.trouble else {"value": reading.value}


def most_followed() -> list[Row]:
    """(username, followers)."""
    return list(User.objects.order_by("-follower_count").values_list("username", "follower_count")[:TOP])


def most_posting() -> list[Row]:
    """(username, posts of the last hour)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.username, t.n FROM (SELECT author_id, count(*) AS n FROM tweets WHERE id >= %s"
            " GROUP BY 1 ORDER BY n DESC, author_id LIMIT %s) t JOIN users u ON u.id = t.author_id ORDER BY 2 DESC, 1",
            [first_id_at(timezone.now() - dt.timedelta(hours=1)), TOP],
        )
        return [(username, number) for username, number in cursor.fetchall()]


def drifting_counts() -> dict[str, Any]:
    """Of the drawn counts: how many, and those whose number plus ledger is not what the rows say."""
    checked, wrong = 0, []
    for counter in counts.counters():
        drawn = _draw(counter.table, counter.key, DRAWN_COUNTS)
        for subject, counted, truth in _compared(counter, drawn):
            checked += 1
            if counted != truth:
                wrong.append(f"{counter.name} of {subject}: {counted} instead of {truth}")
    return {"checked": checked, "wrong": wrong}


def drifting_timelines() -> dict[str, Any]:
    """Of the drawn people's first pages: how many, and those that are not what the plain query says.

    What the outbox still holds is late and not wrong. A page is looked at twice, as people post meanwhile.
    """
    wrong = []
    viewers = list(User.objects.filter(pk__in=_draw("users", "id", DRAWN_TIMELINES)))
    for viewer in viewers:
        if _differing(viewer) and (differing := _differing(viewer)):
            late = OutboxEvent.objects.filter(done_at=None, payload__tweet_id__in=sorted(differing)).exists()
            if not late:
                wrong.append(f"@{viewer.username}: {len(differing)} posts missing or too many")
    return {"checked": len(viewers), "wrong": wrong}


def _differing(viewer: User) -> set[int]:
    end = next_snowflake()
    shown = {entry for card in home_page(viewer, before=end, limit=PAGE).results for entry in entries_of(card)}
    due = first_page(pull_rows(viewer.pk, before=end, limit=20 * PAGE), PAGE)
    return shown ^ {row.id for post in due for row in post}


def _draw(table: str, key: str, number: int) -> list[int]:
    """Keys of up to `number` rows, out of about DRAWN_PAGES pages of the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [table])
        share = min(100.0, 100 * DRAWN_PAGES / max(cursor.fetchone()[0], 1))
        cursor.execute(
            f"SELECT {key} FROM {table} TABLESAMPLE SYSTEM (%s) ORDER BY random() LIMIT %s",  # nosec B608 # made of constants
            [share, number],
        )
        return sorted(row[0] for row in cursor.fetchall())


def _compared(counter: Counter, ids: list[int]) -> list[tuple[int, int, int]]:
    """(subject, stored count plus ledger, counted rows)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH truth AS (SELECT * FROM ({counter.truth}) AS t (subject_id, n) WHERE subject_id = ANY(%(ids)s)),"  # nosec B608
            " pending AS (SELECT subject_id, sum(delta) AS n FROM count_deltas"
            "  WHERE counter = %(counter)s AND subject_id = ANY(%(ids)s) GROUP BY 1)"
            f" SELECT s.{counter.key}, s.{counter.name} + coalesce(p.n, 0), coalesce(t.n, 0) FROM {counter.table} s"
            f" LEFT JOIN truth t ON t.subject_id = s.{counter.key}"
            f" LEFT JOIN pending p ON p.subject_id = s.{counter.key} WHERE s.{counter.key} = ANY(%(ids)s)",
            {"counter": counter.name, "ids": ids},
        )
        return [(subject, int(counted), int(truth)) for subject, counted, truth in cursor.fetchall()]
