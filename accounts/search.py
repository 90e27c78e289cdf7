"""People by what they are called: how it begins, a word of it, a part of it, something like it."""

import unicodedata
from typing import Any

import regex
from django.db import connection

from accounts.models import User

NEAR_FOLLOWS = 2_000
"""Latest followees who are asked first."""
LOOKED_AT = 200
"""People with such a word, of whom the best known come first, and as many others whose names hold it or are like it."""

_IS_FOUND = "u.is_active"
_IS_FOUND_BY = (
    "u.is_active AND NOT EXISTS(SELECT 1 FROM blocks b WHERE b.blocker_id = %(viewer)s AND b.blocked_id = u.id)"
    " AND NOT EXISTS(SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = %(viewer)s)"
)
_LIKE = "(lower(u.{0}) COLLATE \"C\") LIKE lower(%(begins)s) || '%%'"
# Each part is the first rows of a range of an index: (rank, weight, name, id).
_BEGINNING = """
(SELECT 0, 0::float, '', u.id FROM users u WHERE lower(u.username) = lower(%(sought)s) AND {is_found})
UNION ALL
(SELECT 1, 0, lower(u.username), u.id
    FROM (SELECT followee_id FROM follows WHERE follower_id = %(viewer)s ORDER BY id DESC LIMIT %(near)s) f
    JOIN users u ON u.id = f.followee_id WHERE ({username} OR {display_name}) AND {is_found} LIMIT %(limit)s)
UNION ALL
(SELECT 2, 0, lower(u.username), u.id FROM users u WHERE {username} AND {is_found}
    ORDER BY lower(u.username) COLLATE "C" LIMIT %(limit)s)
UNION ALL
(SELECT 3, 0, lower(u.display_name), u.id FROM users u WHERE {display_name} AND {is_found}
    ORDER BY lower(u.display_name) COLLATE "C" LIMIT %(limit)s)
"""
_NAMES = "u.username || ' ' || u.display_name"
_WITHIN = f"""
WITH worded AS MATERIALIZED (
    SELECT u.id, u.follower_count, u.username FROM users u
    WHERE search_vector({_NAMES}) @@ search_phrase(%(sought)s, true) AND {{is_found}} LIMIT %(looked_at)s
), holding AS MATERIALIZED (
    SELECT u.id, u.username, word_similarity(search_fold(%(sought)s), search_fold({_NAMES})) AS likeness FROM users u
    WHERE %(is_long)s AND search_fold(%(holds)s) ~ '[^%%_]' AND search_fold({_NAMES}) LIKE search_fold(%(holds)s)
        AND {{is_found}} LIMIT %(looked_at)s
)
SELECT 4, follower_count::float, lower(username), id FROM worded
UNION ALL
SELECT 5, likeness, lower(username), id FROM holding
"""  # nosec B608 # made of constants
_ALIKE = f"""
SELECT 6, word_similarity(search_fold(%(sought)s), search_fold({_NAMES})), lower(u.username), u.id FROM users u
WHERE search_fold(%(sought)s) <%% search_fold({_NAMES}) AND {{is_found}} LIMIT %(looked_at)s
"""  # nosec B608 # made of constants
_A_PIECE = regex.compile(r"[\p{L}\p{M}\p{N}]+")
TRIGRAM = 3
"""Letters that the index finds together: of shorter pieces it needs to know what stands beside them."""


def people_found(sought: str, viewer: User | None, *, limit: int) -> list[User]:
    """Active people, nobody who blocks the viewer or is blocked, each once and in this order.

    Whose name it is; whom the viewer follows, of those whose user name or shown name it begins; the others of those;
    in whose names it begins a word; whose names hold its words and numbers in that order, with anything between. If
    there is nobody at all, those whose names are like it: they have most of it in common with very many, so it takes
    longest. A leading @ is of no account. Four queries at most.
    """
    sought = clean_name(sought)
    if not sought:
        return []
    begins = sought.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pieces = _A_PIECE.findall(sought)
    asked = {
        "sought": sought,
        "begins": begins,
        "holds": f"%{'%'.join(pieces) if max(map(len, pieces), default=0) >= TRIGRAM else begins}%",
        "is_long": bool(pieces) and len(sought) >= TRIGRAM,  # signs alone are in no index
        "viewer": viewer.pk if viewer else None,
        "near": NEAR_FOLLOWS if viewer else 0,
        "looked_at": LOOKED_AT,
        "limit": limit,
    }
    is_found = _IS_FOUND_BY if viewer else _IS_FOUND
    likes = {column: _LIKE.format(column) for column in ("username", "display_name")}
    ids = _ranked(_BEGINNING.format(is_found=is_found, **likes), asked)
    if len(ids) < limit:
        ids = list(dict.fromkeys([*ids, *_ranked(_WITHIN.format(is_found=is_found), asked)]))
    if not ids and asked["is_long"]:
        ids = _ranked(_ALIKE.format(is_found=is_found), asked)
    users = User.objects.in_bulk(ids[:limit]) if ids else {}
    return [users[user_id] for user_id in ids[:limit] if user_id in users]


def clean_name(sought: str) -> str:
    """What of it can be part of a name."""
    text = "".join(" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in sought[:200])
    return unicodedata.normalize("NFC", text).strip().removeprefix("@").strip()[:50]


def _ranked(query: str, asked: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, asked)
        rows = sorted(cursor.fetchall(), key=lambda row: (row[0], -row[1], row[2]))
    return list(dict.fromkeys(user_id for *_, user_id in rows))
