"""Rendered cards, made once for all readers: kept by each process, and in the cache for all of them.

They are kept under the `looks` they were made of: whoever finds other looks renders anew. So nothing has to be told
when a tweet, a name or a picture changes, nothing is ever stale, and what is no longer true is gone within SECONDS.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared
from django.core.files.storage import default_storage
from django.db.models import BigIntegerField
from django.db.models.expressions import RawSQL

from socialgraph import metrics
from socialgraph.nearest import Nearest
from tweets.cards import Group
from tweets.models import Tweet
from tweets.selectors import by_id, every_card, looks

SECONDS = 3600
"""How long the cache keeps a card."""


class Kind(StrEnum):
    HTML = "html"
    JSON = "json"


Body = Any
"""What `render` makes of a tweet, always the same of one kind; it can be pickled."""
Place = tuple[Kind, int, int]
"""Kind, id of the tweet, looks."""
NEAREST: Nearest[Place, Body] = Nearest(5_000)
"""What this process has at hand."""


def bodies(group: Group, kind: Kind, render: Callable[[Tweet], Body]) -> dict[int, Body]:
    """Of all cards of the group, by id; one that was deleted meanwhile has none.

    Asks the cache for those that this process does not have, in one round trip, and PostgreSQL for what is left.
    """
    if kind in group.bodies:
        return group.bodies[kind]
    found: dict[int, Body] = {}
    missing: list[Place] = []
    for card in group.cards.values():
        place = kind, card.pk, card.looks
        if (body := NEAREST.get(place)) is None:
            missing.append(place)
        else:
            found[card.pk] = body
    metrics.count(("kept", "cards", "process", "hit"), len(found))
    if missing:
        metrics.count(("kept", "cards", "process", "miss"), len(missing))
        found |= _from_cache(missing)
    if left := [tweet_id for _, tweet_id, _ in missing if tweet_id not in found]:
        found |= _rendered(group, kind, left, render)
    group.bodies[kind] = found
    return found


def key(place: Place) -> str:
    """In the cache."""
    kind, tweet_id, look = place
    return f"card:{edition()}:{kind}:{tweet_id}:{look}"


@cache
def edition() -> str:
    """Of all that renders, so that another release, or other addresses, find nothing of what was before.

    Asked for when a process begins (timelines.apps): later the files may be those of another release.
    """
    known = [
        settings.SECRET_KEY,
        default_storage.url("image"),
        settings.STATIC_URL,
        version("django"),
        version("orjson"),
    ]
    digest = hashlib.blake2b("\0".join(known).encode(), digest_size=6)
    for pattern in ("templates/timelines/*.html", "socialgraph/urls.py", *(f"{app}/**/*.py" for app in APPS)):
        for path in sorted(settings.BASE_DIR.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


APPS = ("accounts", "tweets", "timelines")


def _from_cache(missing: list[Place]) -> dict[int, Body]:
    places = {key(place): place for place in missing}
    found = {}
    for where, body in shared.get_many(list(places)).items():
        place = places[where]
        NEAREST.put(place, body)
        found[place[1]] = body
    metrics.count(("kept", "cards", "cache", "hit"), len(found))
    metrics.count(("kept", "cards", "cache", "miss"), len(missing) - len(found))
    return found


def _rendered(group: Group, kind: Kind, tweet_ids: list[int], render: Callable[[Tweet], Body]) -> dict[int, Body]:
    """Kept under the looks that the same query has seen, which may be newer than the card's."""
    sql, values = looks(group.viewer)
    look = RawSQL(sql, values, output_field=BigIntegerField())  # nosec B611 # made of constants
    tweets: dict[int, Any] = by_id(every_card(group.viewer).annotate(looks=look), tweet_ids)
    made: dict[Place, Body] = {(kind, tweet_id, tweet.looks): render(tweet) for tweet_id, tweet in tweets.items()}
    for place, body in made.items():
        NEAREST.put(place, body)
    shared.set_many({key(place): body for place, body in made.items()}, SECONDS)
    return {tweet_id: body for (_, tweet_id, _), body in made.items()}
