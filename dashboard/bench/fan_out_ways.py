"""What else can push an id onto many lists of a server: the bench of the fan-out measures the product against these.

plain     a loop in redis-py: RPUSHX and LTRIM for each follower, in pipelines
bare      a client that only sends the product's own commands, made before the clock starts
script    the same client with the fastest script that was found: a push and a trim for each of its keys
"""

import time
from collections.abc import Callable, Sequence

from django.conf import settings

from socialgraph.redis import WORKER_TIMEOUT, timelines
from socialgraph.redis_stream import Stream, packed, packed_for_each, stream
from timelines.store import Kind, landed

CALL = 500
"""Followers in a call of the script, or in a burst of commands; at 1,000 the script was not faster, at 250 slower."""
WINDOW = 4
"""Calls that a bare client has under way, so that the server never waits for it."""
SCRIPT = """
local id, limit, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local landed, call, keys = 0, redis.call, KEYS
local function trim(key, length)
    if string.sub(call('LINDEX', key, 0), 1, 1) ~= 'F' then return end
    local dropped = call('LPOP', key, length - keep)
    local floor, version = string.match(dropped[1], '^F:(%d+):(%d+)$')
    for i = 2, #dropped do
        if #dropped[i] > #floor or (#dropped[i] == #floor and dropped[i] > floor) then floor = dropped[i] end
    end
    call('LPUSH', key, 'F:' .. floor .. ':' .. version)
end
for i = 1, #keys do
    local length = call('RPUSHX', keys[i], id)
    if length > 0 then
        landed = landed + 1
        if length > limit then trim(keys[i], length) end
    end
end
return landed
"""
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
    tweet_id = _new_id()
    batches = [[Kind.HOME.key(user_id) for user_id in user_ids] for user_ids in _slices(follower_ids, CALL)]

    def answer(to: Stream, keys: list[str]) -> int:
        return landed(Kind.HOME, keys, to.numbers(len(keys)), WORKER_TIMEOUT)

    return _stream([packed_for_each("RPUSHX", keys, tweet_id) for keys in batches], batches, answer)


def script(follower_ids: Sequence[int]) -> tuple[int, float]:
    sha = str(timelines(WORKER_TIMEOUT).script_load(SCRIPT))
    arguments = [_new_id(), 1 + Kind.HOME.length + settings.TIMELINE_SLACK, Kind.HOME.length]
    batches = [[Kind.HOME.key(user_id) for user_id in user_ids] for user_ids in _slices(follower_ids, CALL)]
    calls = [packed("EVALSHA", sha, len(keys), *keys, *arguments) for keys in batches]
    return _stream(calls, batches, lambda to, keys: to.numbers(1)[0])


def _stream(
    calls: list[bytes], batches: list[list[str]], answer: Callable[[Stream, list[str]], int]
) -> tuple[int, float]:
    with stream(timelines(WORKER_TIMEOUT)) as to:
        began = time.perf_counter()
        for call in calls[:WINDOW]:
            to.send(call)
        reached = 0
        for place, keys in enumerate(batches):
            reached += answer(to, keys)
            for call in calls[place + WINDOW : place + WINDOW + 1]:
                to.send(call)
        return reached, time.perf_counter() - began


def _slices(values: Sequence[int], size: int) -> list[Sequence[int]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _new_id() -> int:
    """Of as many digits as the product's."""
    return (time.time_ns() // 1_000_000 - 1_288_834_974_657) << 22
