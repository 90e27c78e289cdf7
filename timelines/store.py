"""Timelines in Redis: this file alone knows their keys, their encoding and the scripts that change them.

A timeline is a list. Its head is a mark; the rest are tweet ids in the order of their arrival, newest last, possibly
twice and out of order. Two marks exist:

    F:<floor>:<version>       complete above the tweet id `floor`; at and below it PostgreSQL owns the answer
    B:<token>:<milliseconds>  being built since then; pushes are collected, readers use PostgreSQL

The mark keeps an empty timeline in existence, so an existing-only push (RPUSHX) reaches it. Two kinds of lists share
the format: home timelines, and an author's own recent ids, which readers merge when the author is a celebrity.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.conf import settings
from redis import Redis

from socialgraph.redis import PAGE_TIMEOUT, WORKER_TIMEOUT, timelines

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
        return f"{self._prefix(_shard(owner_id))}{owner_id}"

    def _prefix(self, shard: int) -> str:
        return f"{self.value}:{{s{shard}}}:"


def _shard(owner_id: int) -> int:
    return int(owner_id % settings.TIMELINE_SHARDS)


@dataclass(frozen=True)
class Stored:
    """What Redis holds of a timeline: `ids` may repeat, in any order; those at or below `floor` do not count."""

    floor: int
    version: int
    ids: list[int]


# Ids are compared as text, by length and then by letter: a Lua number holds 53 bits exactly, an id has 63.
# A list is trimmed only when it is `limit` long, down to `keep` ids; the new floor is the greatest id that was dropped,
# since the dropped ones are the oldest by arrival and not by id.
PUSH = """
local prefix, id, limit, keep = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local landed = 0
local function trim(key, length)
    if string.sub(redis.call('LINDEX', key, 0), 1, 1) ~= 'F' then return end
    local dropped = redis.call('LPOP', key, length - keep)
    local floor, version = string.match(dropped[1], '^F:(%d+):(%d+)$')
    for i = 2, #dropped do
        if #dropped[i] > #floor or (#dropped[i] == #floor and dropped[i] > floor) then floor = dropped[i] end
    end
    redis.call('LPUSH', key, 'F:' .. floor .. ':' .. version)
end
for i = 5, #ARGV do
    local key = prefix .. ARGV[i]
    local length = redis.call('RPUSHX', key, id)
    if length > 0 then
        landed = landed + 1
        if length > limit then trim(key, length) end
    end
end
return landed
"""

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
    """Append the id to those of the owners' lists that exist; returns how many. One script call per shard."""
    script = timelines(timeout).register_script(PUSH)
    return sum(int(script(keys=[key], args=args)) for key, args in push_calls(kind, owner_ids, tweet_id))


def push_calls(kind: Kind, owner_ids: Iterable[int], tweet_id: int) -> list[tuple[str, list[str | int]]]:
    """(key, arguments) of each call of PUSH.

    The keys are made inside the script, so one key of the slot goes along for a cluster to route by.
    """
    shards: dict[int, list[int]] = {}
    for owner_id in owner_ids:
        shards.setdefault(_shard(owner_id), []).append(owner_id)
    limit = 1 + kind.length + settings.TIMELINE_SLACK
    return [
        (kind.key(owners[0]), [kind._prefix(shard), tweet_id, limit, kind.length, *owners])
        for shard, owners in shards.items()
    ]


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
