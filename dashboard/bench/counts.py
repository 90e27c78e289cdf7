"""Counts under fire: a crowd likes one tweet and follows one celebrity, beside counts that are kept inline.

Through the services over database connections of their own, and over HTTP; while it goes on the lag of the ledger is
measured, and in the end every count must be exactly that of its rows.
"""

import time
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from random import Random
from typing import Any

from django.db import connection
from knox.models import get_token_model

from accounts.models import Follow, User
from accounts.services import follow, unfollow
from dashboard.bench import client, data, inline
from dashboard.bench.crowd import Outcome, Work, crowd
from dashboard.bench.fan_out_load import WrongCount
from dashboard.bench.home import NotTheSame, percentiles
from dashboard.bench.lag import Lag
from dashboard.bench.sizes import Installation, size
from socialgraph import counts
from tweets.models import Like, Tweet
from tweets.services import like

TURNS = 3
ALONE = 200  # of the crowd, who follow one after the other
PROBES = 2_000  # people who like the tweet of which the lag is measured
STEADY_CONNECTIONS = 8
CIRCLE_SECONDS = 10.0  # at most, of the inline ones; a deadlock is seen after a second


@dataclass(frozen=True)
class Sizes:
    followers: int = size(100_000, "that the celebrity has before", quick=2_100)
    crowd: int = size(1_000, "people who like one tweet, and follow the celebrity, at once", quick=60)
    connections: int = size(50, "at a time", quick=6)
    circle: int = size(30, "people who follow and unfollow each other at once", quick=8)
    rate: int = size(50, "follows and unfollows a second over HTTP, evenly spread", quick=20)
    seconds: float = size(20.0, "of these", quick=1.0)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    star = User.objects.get(pk=data.people(1, "star")[0])
    fans = data.people(sizes.followers, "f")
    data.follow(fans, [star.pk])
    people = list(User.objects.filter(pk__in=data.people(sizes.crowd, "p")).order_by("pk"))
    circle = list(User.objects.filter(pk__in=data.people(sizes.circle, "c")).order_by("pk"))
    probed, *tweets = Tweet.objects.bulk_create(Tweet(author=star, text=f"Look {n}") for n in range(TURNS + 2))
    data.settle()
    inline.make_tables()
    described = {
        "followers_before": sizes.followers,
        "crowd": sizes.crowd,
        "connections": sizes.connections,
        "circle": sizes.circle,
        "turns": TURNS,
        "http_follows_and_unfollows_a_second": sizes.rate,
    }
    probers = iter(fans[:PROBES])
    try:
        figures = {
            "likes": _likes(people, tweets[:TURNS], probed, probers, sizes.connections),
            "celebrity": _celebrity(people, star, probed, probers, sizes.connections),
            "circle": _circle(circle, sizes.connections),
            "http": _over_http(installation.base_url, people, star, tweets[-1], probed, probers, sizes),
        }
    finally:
        inline.drop_tables()
    return described, {**figures, "exact": _exact(star, tweets, sizes)}


def _likes(people: list[User], tweets: list[Tweet], probed: Tweet, probers: Any, connections: int) -> dict[str, Any]:
    """Each turn has a tweet of its own, since everybody likes it once."""
    ids = [user.pk for user in people]
    found = {name: Outcome() for name in ("ledger", "inline", "inline_by_trigger")}
    bloat = {"ledger": Bloat("tweet_counts", "count_deltas"), "inline": Bloat("inline_counts")}
    with Lag(probed.pk, probers) as lag:
        for tweet in tweets:
            ways: dict[str, list[Work]] = {
                "ledger": [partial(like, user=user, tweet=tweet) for user in people],
                "inline": [partial(inline.like, user_id, tweet.pk) for user_id in ids],
                "inline_by_trigger": [partial(inline.like_by_trigger, user_id, tweet.pk) for user_id in ids],
            }
            for name, works in ways.items():
                found[name] += crowd(works, connections)
    return _shown(found, lag, bloat)


def _celebrity(people: list[User], star: User, probed: Tweet, probers: Any, connections: int) -> dict[str, Any]:
    """Everybody follows, then everybody stops; first each alone, then all at once."""
    found = {name: Outcome() for name in ("ledger_one_by_one", "ledger", "inline")}
    bloat = {"ledger": Bloat("users", "count_deltas"), "inline": Bloat("inline_users")}
    with Lag(probed.pk, probers) as lag:
        for _ in range(TURNS):
            for name, at_once in (("ledger_one_by_one", 1), ("ledger", connections)):
                for verb in (partial(follow, followee=star), partial(unfollow, followee=star)):
                    some = people if at_once > 1 else people[:ALONE]
                    found[name] += crowd([partial(verb, follower=user) for user in some], at_once)
            for change in (inline.follow, inline.unfollow):
                found["inline"] += crowd([partial(change, user.pk, star.pk) for user in people], connections)
    return _shown(found, lag, bloat)


def _circle(circle: list[User], connections: int) -> dict[str, Any]:
    """Everybody follows everybody and stops: the two people's rows are wanted in both orders at the same time."""
    pairs = list(permutations(circle, 2))
    Random(1).shuffle(pairs)
    found = {name: Outcome() for name in ("ledger", "inline")}
    for verb in (follow, unfollow):
        works: list[Work] = [partial(verb, follower=a, followee=b) for a, b in pairs]
        found["ledger"] += crowd(works, connections)
    for change in (inline.follow, inline.unfollow):
        found["inline"] += crowd([partial(change, a.pk, b.pk) for a, b in pairs], connections, CIRCLE_SECONDS)
    return {name: outcome.figures() for name, outcome in found.items()}


def _over_http(
    base_url: str, people: list[User], star: User, tweet: Tweet, probed: Tweet, probers: Any, sizes: Sizes
) -> dict[str, Any]:
    """At once over all connections, and follows and unfollows evenly spread over a few."""
    headers = [{"Authorization": f"Token {get_token_model().objects.create(user)[1]}"} for user in people]
    paths = {"likes": f"/api/tweets/{tweet.pk}/like", "follows": f"/api/users/{star.pk}/follow"}
    bursts = {
        "likes": [client.request(paths["likes"], each, "POST") for each in headers],
        "follows": [client.request(paths["follows"], each, "POST") for each in headers],
        "unfollows": [client.request(paths["follows"], each, "DELETE") for each in headers],
    }
    number = round(sizes.rate * sizes.seconds / 2)
    taken = [headers[n % len(headers)] for n in range(number)]
    steady = [client.request(paths["follows"], each, verb) for each in taken for verb in ("POST", "DELETE")]
    client.send_each(base_url, bursts["unfollows"][: sizes.connections * 4], sizes.connections)  # warms up
    with Lag(probed.pk, probers) as lag:
        found = {name: client.send_each(base_url, each, sizes.connections) for name, each in bursts.items()}
        found["steady"] = client.send_each(base_url, steady, STEADY_CONNECTIONS, sizes.rate)
    # Over several connections an unfollow may overtake its follow: in the end nobody of the crowd may follow.
    client.send_each(base_url, bursts["unfollows"], sizes.connections)
    for name, result in found.items():
        if set(result.statuses) != {200}:
            raise NotTheSame(f"{name}: answers {dict(result.statuses)}")
    return {
        name: {
            "requests": len(result.latencies_ms),
            "seconds": round(result.seconds, 2),
            "per_second": round(result.per_second),
            "ms": percentiles(result.latencies_ms),
        }
        for name, result in found.items()
    } | {"ledger_lag_ms": lag.figures()}


class Bloat:
    """What writes have left in tables since this was made."""

    def __init__(self, *tables: str) -> None:
        self._tables = tables
        self._before = self._now()

    def figures(self) -> dict[str, dict[str, int]]:
        time.sleep(1.0)  # sessions tell what they did when they end, and the workers' at most once a second
        now = self._now()
        return {
            table: {name: value - self._before[table][name] for name, value in now[table].items()}
            for table in self._tables
        }

    def _now(self) -> dict[str, dict[str, int]]:
        columns = ("updates", "hot_updates", "deletes", "dead_rows", "bytes")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT relname, n_tup_upd, n_tup_hot_upd, n_tup_del, n_dead_tup, pg_total_relation_size(relid)"
                " FROM pg_stat_user_tables WHERE relname = ANY(%s)",
                [list(self._tables)],
            )
            return {table: dict(zip(columns, values, strict=True)) for table, *values in cursor.fetchall()}


def _shown(found: dict[str, Outcome], lag: Lag, bloat: dict[str, Bloat]) -> dict[str, Any]:
    return {
        **{name: outcome.figures() for name, outcome in found.items()},
        "ledger_lag_ms": lag.figures(),
        "left_behind": {name: each.figures() for name, each in bloat.items()},
    }


def _exact(star: User, tweets: list[Tweet], sizes: Sizes) -> dict[str, int]:
    """Raises WrongCount when any count is another one than its rows'."""
    data.settle()
    star.refresh_from_db()
    likes = [(tweet.counts.like_count, Like.objects.filter(tweet=tweet).count()) for tweet in tweets]
    followers = star.follower_count, Follow.objects.filter(followee=star).count()
    if followers != (sizes.followers, sizes.followers) or any(pair != (sizes.crowd,) * 2 for pair in likes):
        raise WrongCount(f"followers {followers}, likes {likes}")
    checked, wrong = counts.drift()
    if wrong:
        raise WrongCount(f"drift: {wrong[:5]}")
    return {"followers": followers[0], "likes": sum(count for count, _ in likes), "checked": checked, "drift": 0}
