"""The oracle: the home timeline as the seeds' first approach computes it, one plain join at read time.

It judges the hybrid path, so it shares no query and no filter with it.
"""

from dataclasses import dataclass

from django.db import connection

_PULL = r"""
WITH followed AS (SELECT followee_id AS id FROM follows WHERE follower_id = %(viewer)s),
strangers AS (
    SELECT blocked_id AS id FROM blocks WHERE blocker_id = %(viewer)s
    UNION SELECT blocker_id FROM blocks WHERE blocked_id = %(viewer)s
),
muted AS (SELECT muted_id AS id FROM mutes WHERE muter_id = %(viewer)s AND coalesce(expires_at, 'infinity') > now()),
words AS (SELECT word FROM muted_words WHERE user_id = %(viewer)s AND coalesce(expires_at, 'infinity') > now())
SELECT post.id, shown.id
FROM tweets post
JOIN users author ON author.id = post.author_id
JOIN tweets shown ON shown.id = coalesce(post.retweet_of_id, post.id)
JOIN users writer ON writer.id = shown.author_id
LEFT JOIN tweets quoted ON quoted.id = shown.quote_of_id
WHERE post.deleted_at IS NULL AND shown.deleted_at IS NULL AND author.is_active AND writer.is_active
AND (author.id = %(viewer)s OR author.id IN (TABLE followed))
AND (NOT writer.protected OR writer.id = %(viewer)s OR writer.id IN (TABLE followed))
AND author.id NOT IN (TABLE strangers) AND writer.id NOT IN (TABLE strangers)
AND author.id NOT IN (TABLE muted) AND writer.id NOT IN (TABLE muted)
AND (writer.id = %(viewer)s OR NOT EXISTS (
    SELECT 1 FROM words WHERE lower(shown.text || ' | ' || coalesce(quoted.text, '')) ~ ('(^|\W)' || word || '(\W|$)')
))
AND (%(before)s::bigint IS NULL OR post.id < %(before)s)
ORDER BY post.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Row:
    """One entry of a home timeline: a tweet, or a retweet of the tweet `shown`."""

    id: int
    shown: int


def pull(viewer_id: int, *, before: int | None = None, limit: int | None = None) -> list[int]:
    """Ids of the viewer's home timeline under `before`, newest first, those of retweets too; all without a limit."""
    return [row.id for row in pull_rows(viewer_id, before=before, limit=limit)]


def pull_rows(viewer_id: int, *, before: int | None = None, limit: int | None = None) -> list[Row]:
    """As `pull`, with what each entry shows.

    Muted words are compared by regular expression, which is right for words without signs of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PULL, {"viewer": viewer_id, "before": before, "limit": limit})
        return [Row(*row) for row in cursor.fetchall()]


def first_page(rows: list[Row], limit: int) -> list[list[Row]]:
    """The rows of one page: up to `limit` posts, each with all of its rows above the next page's first."""
    page: dict[int, list[Row]] = {}
    for row in rows:
        if row.shown not in page and len(page) == limit:
            break
        page.setdefault(row.shown, []).append(row)
    return list(page.values())
