"""A question as the database is asked it: words as a tsquery, names as ids, days as bounds of ids."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.models import User
from accounts.visibility import is_muted_by, is_seen_by
from socialgraph.snowflake import first_id_at
from tweets.search.query import Query, QueryError

MAX_ID = 2**63 - 1
_FIRST_DAY, _LAST_DAY = dt.date(2010, 11, 5), dt.date(2079, 1, 1)  # of ids
_RESOLVED = """
SELECT ARRAY(SELECT search_phrase(p.text)::text FROM unnest(%s::text[]) WITH ORDINALITY p (text, n) ORDER BY n),
    ARRAY(SELECT search_phrase(p.text)::text FROM unnest(%s::text[]) WITH ORDINALITY p (text, n) ORDER BY n),
    (SELECT jsonb_object_agg(lower(u.username), jsonb_build_array(u.id::text, {is_seen})) FROM users u
        WHERE lower(u.username) = ANY(%s) AND u.is_active),
    ARRAY(SELECT w.word FROM muted_words w WHERE w.user_id = %s
        AND (w.expires_at IS NULL OR w.expires_at > clock_timestamp()))
"""


@dataclass(frozen=True)
class Plan:
    words: str | None
    """A tsquery for the column `search`; None when only days or `to:` were asked for."""
    answered: tuple[int, ...] | None
    """Replies to one of these people only; without those whom the viewer may not read."""
    above: int
    below: int
    viewer: User | None
    muted_words: tuple[str, ...]

    @property
    def is_seen(self) -> tuple[str, list[int]]:
        """SQL over the author `u`, and its values: what the viewer may see and wants to see."""
        seen, seen_values = is_seen_by(self.viewer, "u")
        muted, muted_values = is_muted_by(self.viewer, "u")
        return f"{seen} AND NOT {muted}", [*seen_values, *muted_values]


def plan_of(query: Query, viewer: User | None) -> Plan:
    """One query. Raises QueryError for people who are not there, and when the words hold nothing to look for."""
    without = query.without or Query()
    is_seen, values = is_seen_by(viewer, "u")
    with connection.cursor() as cursor:
        cursor.execute(
            _RESOLVED.format(is_seen=is_seen),
            [list(query.phrases), list(without.phrases), *values, sorted(query.names), viewer.pk if viewer else None],
        )
        phrases, unwanted, named, muted_words = cursor.fetchone()
    people: dict[str, tuple[str, bool]] = json.loads(named or "{}")
    if missing := sorted(query.names - people.keys()):
        raise QueryError(f"Nobody here is called @{missing[0]}.")
    ids = {name: int(person_id) for name, (person_id, _) in people.items()}
    wanted = [*filter(None, phrases), *_lexemes(query, ids)]
    unwanted = [*filter(None, unwanted), *_lexemes(without, ids)]
    if not wanted and not (query.answered or query.since or query.until):
        only = " ".join(query.phrases)
        raise QueryError(f"There is no word in “{only}”: letters, digits and emoji can be looked for.")
    if unwanted and not wanted:
        raise QueryError("Write also a word to look for: leaving out needs something to leave it out of.")
    return Plan(
        words=" & ".join([*wanted, *(f"!({each})" for each in unwanted)]) or None,
        answered=tuple(ids[name] for name in query.answered if people[name][1]) if query.answered else None,
        above=_bound(query.since) - 1 if query.since else 0,
        below=_bound(query.until + dt.timedelta(days=1)) if query.until and query.until < _LAST_DAY else MAX_ID,
        viewer=viewer,
        muted_words=tuple(muted_words),
    )


def _lexemes(query: Query, ids: dict[str, int]) -> list[str]:
    """What the column holds beside words; see the migration tweets/0005."""
    authors = _any_of([f"by:{ids[name]}" for name in query.authors])
    single = [f"#{tag}" for tag in query.hashtags] + [f"@{ids[name]}" for name in query.mentions]
    return [*authors, *map(_quoted, [*single, *(["has:media"] if query.has_media else [])])]


def _any_of(lexemes: Sequence[str]) -> list[str]:
    return [f"({' | '.join(map(_quoted, lexemes))})"] if lexemes else []


def _quoted(lexeme: str) -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _bound(day: dt.date) -> int:
    """The first id that a tweet of the day can have (UTC)."""
    day = min(max(day, _FIRST_DAY), _LAST_DAY)
    return first_id_at(dt.datetime.combine(day, dt.time(), dt.UTC))
