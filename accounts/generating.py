"""A made-up follow graph with the shape of a real one: a few accounts hold most of the follows."""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import accumulate, islice, repeat
from random import Random
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.loading import SLICE
from accounts.services import flag_celebrities
from socialgraph.bulk import analyze, fast_filling, one_at_a_time, without_triggers
from socialgraph.progress import Meter, silent
from socialgraph.snowflake import BulkIds

# Fitted to a Twitter graph of 13,688 users (doi 10.1145/3437963.3441787): the top 1 % hold 60 % of the follows, the
# first has 25 % of all users as followers; of follows made, the median is 2 and the 99th percentile 46 at a mean of 5.
POPULARITY_EXPONENT = 1.25
FLATTENED_HEAD = 0.6  # times the mean: how many ranks at the top are near each other, so that nobody has everybody
EAGERNESS_SIGMA = 1.3
USERS_MAX = 10_000_000  # the number has at most seven of a user name's 15 characters


@dataclass(frozen=True)
class Generated:
    prefix: str
    """The accounts of this run are prefix0, prefix1 and so on."""
    celebrities: int


class Drawn(NamedTuple):
    """Follows by the numbers of the accounts: 4 bytes an end, since there may be many."""

    followers: "array[int]"
    followees: "array[int]"


class Urn:
    """Members 0 … n-1, drawn by a popularity that falls with rank as a power law; who is popular is random."""

    def __init__(self, random: Random, size: int, *, exponent: float, flattened: float) -> None:
        self._random = random
        self._weights = [(rank + flattened) ** -exponent for rank in range(1, size + 1)]
        self._sums = list(accumulate(self._weights))
        self._ranked = array("q", range(size))
        random.shuffle(self._ranked)

    def draw(self, count: int) -> list[int]:
        """With repetition, in the order of drawing."""
        return self._random.choices(self._ranked, cum_weights=self._sums, k=count)

    def draw_distinct(self, count: int, *, without: int = -1) -> list[int]:
        """`count` different members in ascending order, never `without`; there must be as many."""
        if count > len(self._ranked) // 4:  # drawing again and again would take long: one weighted lottery of all
            keys = ((math.log(1 - self._random.random()) / weight) for weight in self._weights)
            lottery = ((key, i) for key, i in zip(keys, self._ranked, strict=True) if i != without)
            return sorted(member for _, member in nlargest(count, lottery))
        chosen: set[int] = set()
        while missing := count - len(chosen):
            chosen.update(self.draw(missing))
            chosen.discard(without)
        return sorted(chosen)


def apportion(total: int, weights: Sequence[float], most: int) -> "array[int]":
    """Whole numbers in proportion to `weights`, none above `most`, whose sum is `total`; it must fit."""
    shares = array("q", bytes(8 * len(weights)))
    whole, reached, given = math.fsum(weights), 0.0, 0
    for i, weight in enumerate(weights):
        reached += weight
        shares[i] = min(most, max(0, round(total * reached / whole) - given))
        given += shares[i]
    for i, share in enumerate(shares):  # what did not fit at the end finds room from the front
        if given == total:
            break
        shares[i] += min(most - share, total - given)
        given += shares[i] - share
    return shares


def generate_graph(*, users: int, follows: int, seed: int, star: bool = False, meter: Meter = silent) -> Generated:
    """New accounts, active today, and exactly `follows` distinct follows among them, the same for the same seed.

    A `star` is one account more, the last one, whom all others follow besides. One transaction, at whose end counts and
    celebrities are right. Raises ValueError when it cannot be.
    """
    if not 0 <= follows <= users * (users - 1):
        raise ValueError(f"{users} users have room for 0 to {users * (users - 1)} follows")
    if users > USERS_MAX:
        raise ValueError(f"at most {USERS_MAX} users in one run")
    drawn = _drawn(Random(seed), users, follows, star, meter)
    with transaction.atomic(), connection.cursor() as cursor:
        one_at_a_time(cursor)
        prefix = _free_prefix(cursor)
        filled = {"users": users + star, "follows": len(drawn.followers)}
        with fast_filling(cursor, filled), without_triggers(cursor, "follows"):
            user_ids = _copy_users(cursor, prefix, users + star, drawn)
            _copy_follows(cursor, user_ids, drawn, meter)
        analyze(cursor, "users", "follows")
        flag_celebrities()
        cursor.execute("SELECT count(*) FROM users WHERE celebrity = 1 AND starts_with(username, %s)", [prefix])
        return Generated(prefix, cursor.fetchone()[0])


def _free_prefix(cursor: Any) -> str:
    """g1_, g2_ … : the first number above every account named like that, be it of an earlier run or of a person.

    Who takes such a name while the transaction runs makes it fail on the unique name, with nothing written.
    """
    cursor.execute("SELECT max(substring(lower(username) FROM '^g([0-9]{1,6})_')::int) FROM users")
    return f"g{(cursor.fetchone()[0] or 0) + 1}_"


def _copy_users(cursor: Any, prefix: str, users: int, drawn: Drawn) -> list[str]:
    """The ids of the new accounts by their numbers. They are born with their counts."""
    rest = f"{make_password(None)}\t{timezone.now().date()}"
    followers, following = Counter(drawn.followees), Counter(drawn.followers)
    numbers = BulkIds(cursor)
    ids = [str(numbers[n]) for n in range(users)]
    columns = "id, username, email, display_name, password, last_active_on, follower_count, following_count"
    with cursor.copy(f"COPY users ({columns}) FROM STDIN") as copy:
        for first in range(0, users, SLICE):
            lines = [
                f"{ids[n]}\t{prefix}{n}\t{prefix}{n}@example.invalid\t{prefix}{n}\t{rest}\t{followers[n]}\t{following[n]}\n"
                for n in range(first, min(first + SLICE, users))
            ]
            copy.write("".join(lines))
    return ids


def _copy_follows(cursor: Any, user_ids: list[str], drawn: Drawn, meter: Meter) -> None:
    total = len(drawn.followers)
    follow_ids = BulkIds(cursor)
    with meter("following", total, "follows") as progress:
        for first in range(0, total, SLICE):
            end = min(first + SLICE, total)
            edges = zip(range(first, end), drawn.followers[first:end], drawn.followees[first:end], strict=True)
            with cursor.copy("COPY follows (id, follower_id, followee_id) FROM STDIN") as copy:
                copy.write("".join([f"{follow_ids[n]}\t{user_ids[a]}\t{user_ids[b]}\n" for n, a, b in edges]))
            progress.advance(end - first)


def _drawn(random: Random, users: int, follows: int, star: bool, meter: Meter) -> Drawn:
    followers, followees = array("i"), array("i")
    edges = _edges(random, users, follows)
    with meter("drawing", follows, "follows") as progress:
        while slice_ := list(islice(edges, SLICE)):
            followers.extend([follower for follower, _ in slice_])
            followees.extend([followee for _, followee in slice_])
            progress.advance(len(slice_))
    if star:
        followers.extend(range(users))
        followees.extend(repeat(users, users))
    return Drawn(followers, followees)


def _edges(random: Random, users: int, follows: int) -> Iterator[tuple[int, int]]:
    """(follower, followee) by number, in the order of the followers."""
    eagerness = array("d", [random.lognormvariate(0, EAGERNESS_SIGMA) for _ in range(users)])
    mean = follows / users if users else 0
    followees = Urn(random, users, exponent=POPULARITY_EXPONENT, flattened=FLATTENED_HEAD * mean)
    for follower, count in enumerate(apportion(follows, eagerness, most=users - 1)):
        for followee in followees.draw_distinct(count, without=follower):
            yield follower, followee
