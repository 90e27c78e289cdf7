"""Who may see what somebody posts, as SQL: the one place that says it for pages, API, search and counts.

Active accounts only; not across a block, whoever of the two made it; a protected account's posts for itself and its
followers.
`timelines.pull` says the same in other words, and the tests compare the two.
"""

from accounts.models import User

Condition = tuple[str, list[int]]
"""SQL and its values, in order."""


def is_seen_by(viewer: User | None, author: str = "users") -> Condition:
    """Whether the viewer, or a visitor, may see the posts of the row `author` of `users` (an alias in the query)."""
    if viewer is None:
        return f"({author}.is_active AND NOT {author}.protected)", []
    return (
        f"({author}.is_active AND ({author}.id = %s OR ("  # nosec B608 # made of constants
        f"NOT EXISTS(SELECT 1 FROM blocks b WHERE b.blocker_id = %s AND b.blocked_id = {author}.id)"
        f" AND NOT EXISTS(SELECT 1 FROM blocks b WHERE b.blocker_id = {author}.id AND b.blocked_id = %s)"
        f" AND (NOT {author}.protected OR EXISTS(SELECT 1 FROM follows f WHERE f.follower_id = %s"
        f" AND f.followee_id = {author}.id)))))",
        [viewer.pk] * 4,
    )


def is_muted_by(viewer: User | None, author: str = "users") -> Condition:
    """Whether the viewer does not want to read that author now."""
    if viewer is None:
        return "false", []
    return (
        f"EXISTS(SELECT 1 FROM mutes m WHERE m.muter_id = %s AND m.muted_id = {author}.id"  # nosec B608 # made of constants
        " AND (m.expires_at IS NULL OR m.expires_at > statement_timestamp()))",
        [viewer.pk],
    )


# The same for many people at once: what the viewer `%(me)s` is to those of the SQL array `people`, as arrays of ids.


def hidden_among(people: str) -> str:
    """With a block, whoever of the two made it, or muted by the viewer now."""
    return (
        "ARRAY(SELECT b.blocked_id FROM blocks b WHERE b.blocker_id = %(me)s"  # nosec B608 # made of constants
        f" AND b.blocked_id = ANY({people}) UNION ALL"
        f" SELECT b.blocker_id FROM blocks b WHERE b.blocked_id = %(me)s AND b.blocker_id = ANY({people}) UNION ALL"
        f" SELECT m.muted_id FROM mutes m WHERE m.muter_id = %(me)s AND m.muted_id = ANY({people})"
        " AND (m.expires_at IS NULL OR m.expires_at > statement_timestamp()))"
    )


def followed_among(people: str) -> str:
    return f"ARRAY(SELECT f.followee_id FROM follows f WHERE f.follower_id = %(me)s AND f.followee_id = ANY({people}))"  # nosec B608 # made of constants
