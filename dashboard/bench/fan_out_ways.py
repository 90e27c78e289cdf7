"""What else can push an id onto many lists of a server: the bench of the fan-out measures the product against these.

plain     a loop in redis-py: RPUSHX and LTRIM for each follower, in pipelines
bare      a client that only sends the product's own calls, made before the clock starts: the fastest script that was
          found for this batch, data and server
"""

import time
from collections.abc import Sequence

from socialgraph.redis import WORKER_TIMEOUT, timelines
from socialgraph.redis_stream import stream
from timelines.store import Kind, push_calls

WINDOW = 4
"""Calls that a bare client has under way, so that the server never waits for it."""
PLAIN_BATCH = 1_000


def plain_key(user_id: int) -> str:
    return f"bench:plain:{user_id}"


def plain(follower_ids: Sequence[int]) -> tuple[int, float]:
    """(lists that were reached, seconds), as the others."""
    server, tweet_id, length = timelines(WORKER_TIMEOUT), str(_new_id()), Kind.HOME.length
    reached, began = 0, time.perf_counter()
    for user_ids in _slices(follower_ids, PLAIN_BATCH):
        pipeline = server.pipeline(transaction=False)
        for user_id in user_ids:
            key = plain_key(user_id)
            pipeline.rpushx(key, tweet_id)
            pipeline.ltrim(key, -length, -1)
        reached += sum(length_after > 0 for length_after in pipeline.execute()[::2])
    return reached, time.perf_counter() - began


def bare(follower_ids: Sequence[int]) -> tuple[int, float]:
    calls = push_calls(Kind.HOME, [str(user_id) for user_id in follower_ids], _new_id())
    with stream(timelines(WORKER_TIMEOUT)) as to:
        began = time.perf_counter()
        for call in calls[:WINDOW]:
            to.send(call)
        reached = 0
        for place in range(len(calls)):
            reached += to.numbers(1)[0]
            for call in calls[place + WINDOW : place + WINDOW + 1]:
                to.send(call)
        return reached, time.perf_counter() - began


def _slices(values: Sequence[int], size: int) -> list[Sequence[int]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _new_id() -> int:
    """Of as many digits as the product's."""
    return (time.time_ns() // 1_000_000 - 1_288_834_974_657) << 22
