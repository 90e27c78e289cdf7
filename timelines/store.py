"""Timelines in Redis: this file alone knows their keys, their encoding and the scripts that change them.

A timeline is a list. Its head is a mark; the rest are tweet ids in the order of their arrival, newest last, possibly
twice and out of order. Two marks exist:

    F:<floor>:<version>       complete above the tweet id `floor`; at and below it PostgreSQL owns the answer
    B:<token>:<milliseconds>  being built since then; pushes are collected, readers use PostgreSQL

The mark keeps an empty timeline in existence, so an existing-only push (RPUSHX) reaches it. Two kinds of lists share
the format: home timelines, and an author's own recent ids, which readers merge when the author is a celebrity.
"""

import secrets
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from redis import Redis

from socialgraph.redis import PAGE_TIMEOUT, WORKER_TIMEOUT, timelines
from socialgraph.redis_stream import Stream, packed, stream, words

MAX_ID = 2**63 - 1
BUILD_SECONDS = 10
"""How long a build may take before another reader starts it anew."""
ABANDONED_SECONDS = 60
"""How long the mark of a build that nobody takes over stays."""
AUTHOR_LIST_SECONDS = 24 * 3600


class Kind(Enum):
    HOME = "timeline"
    AUTHOR = "author"

    @property
    def length(self) -> int:
        return int(settings.TIMELINE_LENGTH if self is Kind.HOME else settings.AUTHOR_LIST_LENGTH)

    @property
    def seconds(self) -> int:
        """How long an unread list lives; whoever stays away for longer finds it rebuilt."""
        return settings.ACTIVE_DAYS * 24 * 3600 if self is Kind.HOME else AUTHOR_LIST_SECONDS

    def key(self, owner_id: int) -> str:
        return f"{self._prefix(owner_id % settings.TIMELINE_SHARDS)}{owner_id}"

    def keys(self, owner_ids: list[str]) -> list[str]:
        if settings.TIMELINE_SHARDS > 1:
            return [self.key(int(owner_id)) for owner_id in owner_ids]
        prefix = self._prefix(0)
        return [prefix + owner_id for owner_id in owner_ids]

    def _prefix(self, shard: int) -> str:
        return f"{self.value}:{{s{shard}}}:"


@dataclass(frozen=True)
class Stored:
    """What Redis holds of a timeline: `ids` may repeat, in any order; those at or below `floor` do not count."""

    floor: int
    version: int
    ids: list[int]


# Ids are compared as text, by length and then by letter: a Lua number holds 53 bits exactly, an id has 63.
# Lists longer than `limit` are cut down to `keep` ids; the new floor is the greatest id that was dropped, since the
# dropped ones are the oldest by arrival and not by id.
PUSH = """
local id, limit, keep = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local call, landed = redis.call, 0
local function trim(key, length)
    if string.sub(call('LINDEX', key, 0), 1, 1) ~= 'F' then return end
    local dropped = call('LPOP', key, length - keep)
    local floor, version = string.match(dropped[1], '^F:(%d+):(%d+)$')
    for i = 2, #dropped do
        if #dropped[i] > #floor or (#dropped[i] == #floor and dropped[i] > floor) then floor = dropped[i] end
    end
    call('LPUSH', key, 'F:' .. floor .. ':' .. version)
end
for i = 1, #KEYS do
    local length = call('RPUSHX', KEYS[i], id)
    if length > 0 then
        landed = landed + 1
        if length > limit then trim(KEYS[i], length) end
    end
end
return landed
"""
PUSH_CALL = 500
"""Lists in one call of the script, which takes 2 to 3 µs for each: nobody else is served meanwhile."""

_BEGIN = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local head = redis.call('LINDEX', KEYS[1], 0)
if head then
    local started = string.match(head, '^B:[^:]+:(%d+)$')
    if started and now - tonumber(started) < tonumber(ARGV[2]) then return 0 end
    local version = string.match(head, '^F:%d+:(%d+)$')
    if version and tonumber(version) >= tonumber(ARGV[4]) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], string.format('B:%s:%d', ARGV[1], now))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""

_FINISH = """
local head = redis.call('LINDEX', KEYS[1], 0)
if not head or string.match(head, '^B:([^:]+):') ~= ARGV[1] then return 0 end
local pushed = redis.call('LRANGE', KEYS[1], 1, -1)
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[2])
local function append(values, first)
    for i = first, #values, 1000 do
        redis.call('RPUSH', KEYS[1], unpack(values, i, math.min(i + 999, #values)))
    end
end
append(ARGV, 4)
append(pushed, 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


def push(kind: Kind, owner_ids: Iterable[int], tweet_id: int, timeout: float = WORKER_TIMEOUT) -> int:
    """Append the id to those of the owners' lists that exist; returns how many. For a few owners: see `Pushes`."""
    pipeline = timelines(timeout).pipeline(transaction=False)
    for keys in _calls(kind, [str(owner_id) for owner_id in owner_ids]):
        pipeline.eval(PUSH, len(keys), *keys, *_arguments(kind, tweet_id))
    return sum(pipeline.execute())


def push_calls(kind: Kind, owner_ids: list[str], tweet_id: int) -> list[bytes]:
    """The same as commands that are ready to be sent, each of them answered by the number of lists that it reached.

    Ids are given as text: nobody on their way from one server to the other counts with them.
    """
    arguments = _arguments(kind, tweet_id)
    return [
        packed(6 + len(keys), "EVAL", PUSH, len(keys)) + words(keys) + words(map(str, arguments))
        for keys in _calls(kind, owner_ids)
    ]


def _calls(kind: Kind, owner_ids: list[str]) -> Iterator[list[str]]:
    """Keys, all of one slot, for each call."""
    shards: dict[str, list[str]] = {"": kind.keys(owner_ids)}
    if settings.TIMELINE_SHARDS > 1:
        every, shards = shards[""], {}
        for key in every:
            shards.setdefault(key.partition("}")[0], []).append(key)
    for keys in shards.values():
        for start in range(0, len(keys), PUSH_CALL):
            yield keys[start : start + PUSH_CALL]


def _arguments(kind: Kind, tweet_id: int) -> tuple[int, int, int]:
    return tweet_id, 1 + kind.length + settings.TIMELINE_SLACK, kind.length


class Pushes:
    """One id on its way to the lists of very many owners; each batch that is sent waits for its `landed`.

    With two batches under way the server never waits for this process. A call of the script holds the server up for a
    millisecond or two, and between two of them it serves others.
    """

    def __init__(self, kind: Kind, tweet_id: int, to: Stream) -> None:
        self._kind = kind
        self._stream = to
        self._tweet_id = tweet_id
        self._sent: deque[int] = deque()

    def send(self, owner_ids: list[str]) -> None:
        calls = push_calls(self._kind, owner_ids, self._tweet_id)
        self._sent.append(len(calls))
        self._stream.send(b"".join(calls))

    def landed(self) -> int:
        """Waits for the batch that was sent first; how many lists of it exist and have the id now."""
        return sum(self._stream.numbers(self._sent.popleft()))


@contextmanager
def pushes(kind: Kind, tweet_id: int) -> Iterator[Pushes]:
    with stream(timelines(WORKER_TIMEOUT)) as to:
        yield Pushes(kind, tweet_id, to)


def read(kind: Kind, owner_ids: Collection[int]) -> list[Stored | None]:
    """The lists in the order of `owner_ids`, in one round trip; None where there is none or it is being built."""
    return read_all([(kind, owner_id) for owner_id in owner_ids])


def read_all(wanted: Collection[tuple[Kind, int]]) -> list[Stored | None]:
    """As `read`, of several kinds."""
    if not wanted:
        return []
    pipeline = timelines(PAGE_TIMEOUT).pipeline(transaction=False)
    for kind, owner_id in wanted:
        pipeline.lrange(kind.key(owner_id), 0, -1)
    return [_decode(elements) for elements in pipeline.execute()]


def _decode(elements: list[bytes]) -> Stored | None:
    if not elements or not elements[0].startswith(b"F:"):
        return None
    _, floor, version = elements[0].split(b":")
    return Stored(int(floor), int(version), list(map(int, elements[1:])))


def begin(kind: Kind, owner_id: int, version: int = MAX_ID) -> str | None:
    """Claim the building of a list, replacing an older one than of this version; returns the build's token.

    None while another builds, and when another has just built it. From here on pushes are collected, so the snapshot
    must be taken after this.
    """
    token = secrets.token_hex(8)
    claimed = _run(_BEGIN, kind.key(owner_id), token, int(BUILD_SECONDS * 1000), ABANDONED_SECONDS, version)
    return token if claimed else None


def finish(kind: Kind, owner_id: int, token: str, stored: Stored) -> bool:
    """Put the snapshot in place, with what was pushed since `begin`; False when the build was discarded meanwhile."""
    mark = f"F:{stored.floor}:{stored.version}"
    return bool(_run(_FINISH, kind.key(owner_id), token, mark, kind.seconds, *stored.ids))


def keep(user_id: int) -> None:
    """The user is here: let the home timeline live for another ACTIVE_DAYS."""
    timelines().expire(Kind.HOME.key(user_id), Kind.HOME.seconds)


def drop(kind: Kind, owner_ids: Iterable[int]) -> int:
    """Delete lists, also those being built; returns how many there were. The next read rebuilds them."""
    pipeline = timelines(WORKER_TIMEOUT).pipeline(transaction=False)
    for owner_id in owner_ids:
        pipeline.unlink(kind.key(owner_id))
    return sum(pipeline.execute())


def _run(script: str, key: str, *args: Any) -> Any:
    client: Redis = timelines(PAGE_TIMEOUT)
    return client.register_script(script)(keys=[key], args=list(args))
