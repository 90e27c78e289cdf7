"""Rendered cards, made once for all readers: kept by each process, and in the cache for all of them.

They are kept by tweet, together with the `looks` they were made of. Who finds other looks renders anew and puts that in
the place of the old; so nothing has to be told when a tweet, a name or a picture changes, and nothing is ever stale.
"""

import hashlib
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared
from django.core.files.storage import default_storage
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from tweets.cards import Group
from tweets.models import Tweet
from tweets.selectors import by_id, every_card, looks

KEPT = 5_000
"""Bodies in each process that are found without looking through the older ones, of which there are at most as many."""
SECONDS = 24 * 3600
"""How long the cache keeps one that nobody renews."""


class Kind(StrEnum):
    HTML = "html"
    JSON = "json"


Body = Any
"""What `render` makes of a tweet, always the same of one kind; it can be pickled."""
_Kept = dict[tuple[Kind, int], tuple[int, Body]]


class _Nearest:
    """The bodies that were asked for last. Two halves: when the new one is full it becomes the old one."""

    def __init__(self) -> None:
        self.new: _Kept = {}
        self.old: _Kept = {}

    def get(self, kind: Kind, tweet_id: int, look: int) -> Body | None:
        key = kind, tweet_id
        found = self.new.get(key)
        if found is None and (found := self.old.get(key)):
            self.put(kind, tweet_id, found)
        return found[1] if found and found[0] == look else None

    def put(self, kind: Kind, tweet_id: int, kept: tuple[int, Body]) -> None:
        if len(self.new) >= KEPT:
            self.old, self.new = self.new, {}
        self.new[kind, tweet_id] = kept


_nearest = _Nearest()


def bodies(group: Group, kind: Kind, render: Callable[[Tweet], Body]) -> dict[int, Body]:
    """Of all cards of the group, by id; one that was deleted meanwhile has none.

    Asks the cache for those that this process does not have, in one round trip, and PostgreSQL for what is left.
    """
    if kind in group.bodies:
        return group.bodies[kind]
    found: dict[int, Body] = {}
    missing: dict[int, int] = {}
    for card in group.cards.values():
        body = _nearest.get(kind, card.pk, card.looks)
        if body is None:
            missing[card.pk] = card.looks
        else:
            found[card.pk] = body
    if missing:
        found |= _from_cache(kind, missing)
    if missing := {pk: look for pk, look in missing.items() if pk not in found}:
        found |= _rendered(group, kind, missing, render)
    group.bodies[kind] = found
    return found


def forget(tweet_ids: Iterable[int]) -> None:
    """Of a deleted tweet nothing stays in the cache. What a process keeps of it is asked for by nobody."""
    shared.delete_many([_key(kind, tweet_id) for kind in Kind for tweet_id in tweet_ids])


def _key(kind: Kind, tweet_id: int) -> str:
    return f"card:{_edition()}:{kind}:{tweet_id}"


@cache
def _edition() -> str:
    """Of all that renders, so that another release, or other addresses of images, find nothing of what was before."""
    digest = hashlib.blake2b(default_storage.url("image").encode(), digest_size=6)
    for pattern in ("templates/timelines/*.html", "timelines/**/*.py", "tweets/**/*.py", "accounts/**/*.py"):
        for path in sorted(settings.BASE_DIR.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _from_cache(kind: Kind, missing: dict[int, int]) -> dict[int, Body]:
    keys = {_key(kind, pk): pk for pk in missing}
    found = {}
    for key, kept in shared.get_many(list(keys)).items():
        pk = keys[key]
        if kept[0] == missing[pk]:
            _nearest.put(kind, pk, kept)
            found[pk] = kept[1]
    return found


def _rendered(group: Group, kind: Kind, missing: dict[int, int], render: Callable[[Tweet], Body]) -> dict[int, Body]:
    """Kept under the looks that the same query has seen, which may be newer than the card's."""
    sql, values = looks(group.viewer)
    look = RawSQL(sql, values, output_field=BigIntegerField())  # nosec B611 # made of constants
    tweets: dict[int, Any] = by_id(every_card(group.viewer).annotate(looks=look), missing)
    kept = {pk: (tweet.looks, render(tweet)) for pk, tweet in tweets.items()}
    for pk, each in kept.items():
        _nearest.put(kind, pk, each)
    shared.set_many({_key(kind, pk): each for pk, each in kept.items()}, SECONDS)
    return {pk: body for pk, (_, body) in kept.items()}
