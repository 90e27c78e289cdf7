"""Made-up people, follows and posts, by SQL; for an empty database of a bench's own."""

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from accounts.generating import generate_graph
from accounts.models import Celebrity, User
from accounts.services import flush_counts
from socialgraph.bulk import vacuum
from socialgraph.snowflake import first_id_at
from timelines.store import Kind
from tweets.generating import generate_activity

COPIES = "for i, key in ipairs(KEYS) do redis.call('COPY', ARGV[1 + i % #ARGV], key, 'REPLACE') end"
"""Of lists of all lengths between two trims, as they are after a while of pushes."""
FILL_BATCH = 500


def people(count: int, prefix: str) -> list[int]:
    """Ids of new accounts, active today."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users (username, email, display_name, password, last_active_on)"
            " SELECT %(prefix)s || n, %(prefix)s || n || '@example.org', %(prefix)s || n, '!', current_date"
            " FROM generate_series(1, %(count)s) n RETURNING id",
            {"prefix": prefix, "count": count},
        )
        return [row[0] for row in cursor.fetchall()]


def follow(follower_ids: Sequence[int], followee_ids: Sequence[int]) -> None:
    """Each of the one follows each of the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO follows (follower_id, followee_id) SELECT f, e FROM unnest(%s) f CROSS JOIN unnest(%s) e",
            [list(follower_ids), list(followee_ids)],
        )


def posts(author_ids: Sequence[int], each: int) -> None:
    """In turns, so that everybody's newest posts are of about the same time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tweets (author_id, text)"
            " SELECT a, 'Post ' || n || ' of ' || a || ', with as many words as people usually write in one of theirs.'"
            " FROM generate_series(1, %s) n CROSS JOIN unnest(%s) a ORDER BY n",
            [each, list(author_ids)],
        )


FOLLOWS_EACH, TWEETS_EACH, LIKES_EACH = 20, 2, 5


def world(users: int) -> dict[str, Any]:
    """As `manage.py generate_world` makes it: so many accounts and one more, whom all follow. Says what there is."""
    began = time.perf_counter()
    generate_graph(users=users, follows=FOLLOWS_EACH * users, seed=1, star=True)
    generate_activity(tweets=TWEETS_EACH * users, likes=LIKES_EACH * users, seed=1)
    settle()
    took = round(time.perf_counter() - began, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()) / 1e6")
        [megabytes] = cursor.fetchone()
    return {
        "users": users + 1,
        "follows": (FOLLOWS_EACH + 1) * users,
        "tweets": TWEETS_EACH * users,
        "likes": LIKES_EACH * users,
        "celebrities": User.objects.filter(celebrity=Celebrity.YES).count(),
        "loading_seconds": took,
        "megabytes": round(float(megabytes)),
    }


def settle() -> None:
    """Counts folded and tables vacuumed, as they are some minutes after they were filled."""
    with connection.cursor() as cursor:
        while _are_counts_waiting(cursor):
            if not flush_counts():
                time.sleep(0.1)  # the periodic worker is at it
    vacuum("users", "follows", "tweets", "tweet_counts", "likes", "bookmarks")


def fill_timelines(server: "Redis", keys: Sequence[str], *, marked: bool) -> None:
    """Full lists of TIMELINE_LENGTH ids and up to TIMELINE_SLACK more, with the product's mark or as bare lists."""
    first = first_id_at(timezone.now() - dt.timedelta(days=7))
    head = [f"F:{first}:0"] if marked else []
    slack = settings.TIMELINE_SLACK
    ids = [str(first + (n << 30)) for n in range(1, Kind.HOME.length + slack + 2)]
    originals = {f"bench:{{s0}}:{more}": [*head, *ids[: Kind.HOME.length + more]] for more in range(slack + 1)}
    for key, values in originals.items():
        server.rpush(key, *values)
    script = server.register_script(COPIES)
    for start in range(0, len(keys), FILL_BATCH):
        script(keys=keys[start : start + FILL_BATCH], args=list(originals))
    server.delete(*originals)


def _are_counts_waiting(cursor: Any) -> bool:
    cursor.execute("SELECT EXISTS(SELECT 1 FROM count_deltas)")
    return bool(cursor.fetchone()[0])
