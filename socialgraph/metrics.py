"""What the product measures of itself, kept for an hour in the cache server; this file alone knows the keys.

Counts and histograms are added up in the process's memory and carried to Redis by a thread, in one round trip about
once a second and none while nothing happens. So recording costs about a microsecond, waits for nobody and cannot fail:
when Redis does not take a batch within TIMEOUT it is dropped, and the number of dropped values is itself a count.

    metrics:10:<slot>, metrics:60:<slot>   hash: "<series>|<bucket>" -> how often, for slots of ten seconds and a minute
    metrics:samples                        list, newest first: JSON of what `sample` was given
    metrics:alive, metrics:alive:<name>    set of names; a key each that shows by its remaining life when it was renewed
    metrics:note:<name>                    JSON of what `note` was given

A series is a family and labels, as ("request", "GET home", "2xx"). Labels must come from a bounded set.
"""

import atexit
import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from socialgraph.histogram import Histogram, bucket_of
from socialgraph.windows import Series, Track, Window, total

TIMEOUT = 0.5
FLUSH_SECONDS = 1.0
FINE, COARSE = 10, 60
KEPT_SECONDS = {FINE: 400, COARSE: 3_900}
SAMPLES_KEPT = 400
ALIVE_KEPT_MS = 3_600_000
NOTE_KEPT_SECONDS = 24 * 3_600
PREFIX = "metrics"
_ALIVE = f"{PREFIX}:alive"
_SAMPLES = f"{PREFIX}:samples"


@cache
def _redis() -> Redis:
    """Never repeats a command: a batch that came through and was not answered would count twice."""
    return Redis.from_url(
        settings.CACHE_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
    )


class _Recorder:
    """This process's part that Redis has not got yet. A forked child begins with an empty one of its own."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._counts: dict[str, int] = {}
        self._alive: dict[str, str | None] = {}
        self._carrying = threading.Lock()
        self.is_over = False
        self._dropped = 0

    def add(self, name: str, times: int) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + times
        if not self._wake.is_set():
            self._begin_carrying()

    def say(self, name: str, about: str | None) -> None:
        with self._lock:
            self._alive[name] = about
        self._begin_carrying()

    def _begin_carrying(self) -> None:
        self._wake.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._carry, name="metrics", daemon=True)
                    self._thread.start()

    def _carry(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(FLUSH_SECONDS)
            self._wake.clear()  # before the batch is taken: what comes later wakes the thread again
            self.flush()

    def flush(self) -> bool:
        """Carry everything over now; False when it had to be dropped."""
        with self._carrying:
            return self._flush()

    def _flush(self) -> bool:
        with self._lock:
            counts, self._counts = self._counts, {}
            alive, self._alive = self._alive, {}
            dropped, self._dropped = self._dropped, 0
        if dropped:
            counts[_name(("dropped",), 0)] = dropped
        if self.is_over or not (counts or alive):
            return True
        try:
            _write(counts, alive)
        except (RedisError, OSError):
            with self._lock:
                self._dropped += sum(counts.values())
            return False
        return True


def _write(counts: Mapping[str, int], alive: Mapping[str, str | None]) -> None:
    now = time.time()
    pipeline = _redis().pipeline(transaction=False)
    for width, kept in KEPT_SECONDS.items() if counts else ():
        key = _slot_key(width, int(now // width))
        for name, times in counts.items():
            pipeline.hincrby(key, name, times)
        pipeline.expire(key, kept)
    for name, about in alive.items():
        if about is None:
            pipeline.srem(_ALIVE, name)
            pipeline.delete(f"{_ALIVE}:{name}")
        else:
            pipeline.sadd(_ALIVE, name)
            pipeline.set(f"{_ALIVE}:{name}", about, px=ALIVE_KEPT_MS)
    pipeline.execute()


_recorder = _Recorder()
os.register_at_fork(after_in_child=_recorder.begin_anew)


def flush() -> bool:
    """Carry over what this process has recorded so far; False when Redis did not take it."""
    return _recorder.flush()


def end() -> None:
    """Carry over the rest, and nothing more from now on."""
    flush()
    _recorder.is_over = True


atexit.register(flush)


def _slot_key(width: int, slot: int) -> str:
    return f"{PREFIX}:{width}:{slot}"


def _name(series: Series, bucket: int) -> str:
    return f"{'|'.join(series)}|{bucket}"


# Recording ------------------------------------------------------------------------------------------------------------


def observe(series: Series, milliseconds: float) -> None:
    """One more value of a distribution."""
    _recorder.add(_name(series, bucket_of(milliseconds)), 1)


def count(series: Series, times: int = 1) -> None:
    """`times` more of something."""
    if times:
        _recorder.add(_name(series, 0), times)


def alive(name: str, about: Mapping[str, Any]) -> None:
    """A process says that it works; `about` is what the board shows of it."""
    _recorder.say(name, json.dumps(about))


def retired(name: str) -> None:
    """A process that ends in good order is missed by nobody."""
    _recorder.say(name, None)
    _recorder.flush()


def sample(values: Mapping[str, float]) -> None:
    """Keep what stands at a certain height now. Raises RedisError: for background tasks."""
    pipeline = _redis().pipeline(transaction=False)
    pipeline.lpush(_SAMPLES, json.dumps({**values, "at": time.time()}))
    pipeline.ltrim(_SAMPLES, 0, SAMPLES_KEPT - 1)
    pipeline.expire(_SAMPLES, KEPT_SECONDS[COARSE])
    pipeline.execute()


def note(name: str, value: Any) -> None:
    """Keep a result with its time, for a day, in place of the one before. Raises RedisError: for background tasks."""
    _redis().set(f"{PREFIX}:note:{name}", json.dumps({"at": time.time(), "value": value}), ex=NOTE_KEPT_SECONDS)


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alive:
    name: str
    about: dict[str, Any]
    age: float
    """Seconds since it last said that it works."""


@dataclass(frozen=True)
class Note:
    at: float
    value: Any


@dataclass
class Recorded:
    """Everything that is kept, as of `at`. The minutes are in order of time, the last one is not over yet."""

    at: float
    minute: Window
    five_minutes: Window
    hour: Window
    minutes: list[Window]
    samples: list[dict[str, float]]
    """In order of time, each with "at"."""
    notes: dict[str, Note]
    alive: list[Alive]

    @property
    def is_empty(self) -> bool:
        return not self.hour.series and not self.samples


_tracks = (Track(FINE, 30), Track(COARSE, 60))


def read(notes: Iterable[str] = ()) -> Recorded:
    """In two round trips. Raises RedisError when the cache server does not answer."""
    now, names = time.time(), list(notes)
    pipeline = _redis().pipeline(transaction=False)
    pipeline.lrange(_SAMPLES, 0, SAMPLES_KEPT - 1)
    pipeline.smembers(_ALIVE)
    for name in names:
        pipeline.get(f"{PREFIX}:note:{name}")
    known = [track.known() for track in _tracks]
    asked = [(i, slot) for i, track in enumerate(_tracks) for slot in track.slots(now) if slot not in known[i]]
    for i, slot in asked:
        pipeline.hgetall(_slot_key(_tracks[i].width, slot))
    samples, members, *found = pipeline.execute()
    slots = [dict(settled) for settled in known]
    for (i, slot), fields in zip(asked, found[len(names) :], strict=True):
        slots[i][slot] = _window(_tracks[i].width, slot, now, fields)
    tens, minutes = (track.windows(now, read) for track, read in zip(_tracks, slots, strict=True))
    recent = (json.loads(text) for text in reversed(samples))
    return Recorded(
        at=now,
        minute=total(tens[-6:], now),
        five_minutes=_tracks[0].total(now, tens),
        hour=_tracks[1].total(now, minutes),
        minutes=minutes,
        samples=[sample for sample in recent if sample["at"] > minutes[0].begin],
        notes={name: Note(**json.loads(text)) for name, text in zip(names, found, strict=False) if text},
        alive=_alive(sorted(member.decode() for member in members)),
    )


def forget() -> None:
    """Of what this process has read before: for tests, which empty the server."""
    for track in _tracks:
        track.forget()


def _window(width: int, slot: int, now: float, fields: Mapping[bytes, bytes]) -> Window:
    begin = slot * width
    window = Window(begin, max(min(width, now - begin), 1.0))
    for name, times in fields.items():
        *series, bucket = name.decode().split("|")
        window.series.setdefault(tuple(series), Histogram()).add(int(bucket), int(times))
    return window


def _alive(names: list[str]) -> list[Alive]:
    """Names whose key has run out are forgotten."""
    if not names:
        return []
    pipeline = _redis().pipeline(transaction=False)
    for name in names:
        pipeline.get(f"{_ALIVE}:{name}")
        pipeline.pttl(f"{_ALIVE}:{name}")
    answers = pipeline.execute()
    found, lost = [], []
    for name, about, left in zip(names, answers[::2], answers[1::2], strict=True):
        if about is None:
            lost.append(name)
        else:
            found.append(Alive(name, json.loads(about), (ALIVE_KEPT_MS - left) / 1000))
    if lost:
        _redis().srem(_ALIVE, *lost)
    return found
