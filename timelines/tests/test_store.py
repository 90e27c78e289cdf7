"""What a timeline in Redis promises, on a real server."""

import pytest
from pytest_django import Settings

from socialgraph.redis import timelines
from timelines import store
from timelines.store import Kind, Stored

TEN = 10**18  # ids as large as real ones: neighbours differ beyond what a double can tell apart


def put(owner_id: int, stored: Stored, kind: Kind = Kind.HOME) -> None:
    token = store.begin(kind, owner_id)
    assert token is not None
    assert store.finish(kind, owner_id, token, stored)


def held(owner_id: int, kind: Kind = Kind.HOME) -> Stored | None:
    [stored] = store.read(kind, [owner_id])
    return stored


def test_a_push_reaches_existing_timelines_only() -> None:
    put(1, Stored(0, 0, []))
    put(2, Stored(TEN, 3, [TEN + 1]))
    assert store.push(Kind.HOME, [1, 2, 3], TEN + 9) == 2
    assert held(1) == Stored(0, 0, [TEN + 9])
    assert held(2) == Stored(TEN, 3, [TEN + 1, TEN + 9])
    assert held(3) is None
    assert timelines().exists(Kind.HOME.key(3)) == 0


def test_kinds_do_not_mix() -> None:
    put(1, Stored(0, 0, [5]))
    assert held(1, Kind.AUTHOR) is None
    assert store.push(Kind.AUTHOR, [1], 6) == 0


def test_shards_are_grouped_and_all_reached(settings: Settings) -> None:
    settings.TIMELINE_SHARDS = 4
    owners = list(range(1, 12))
    for owner in owners:
        put(owner, Stored(0, 0, []))
    assert Kind.HOME.key(7) == "timeline:{s3}:7"
    assert store.push(Kind.HOME, [*owners, 99], 42) == len(owners)
    assert store.read(Kind.HOME, owners) == [Stored(0, 0, [42])] * len(owners)


def test_batches_under_way_land_in_turn_and_trim_what_is_long(settings: Settings) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK = 3, 0
    for owner in (1, 22, 333):
        put(owner, Stored(0, 0, [5, 6, 7] if owner == 22 else []))
    with store.pushes(Kind.HOME, 8) as pushes:
        pushes.send(["1", "22", "4444"])
        pushes.send(["333"])
        assert pushes.landed() == 2
        assert pushes.landed() == 1
    assert store.read(Kind.HOME, [1, 22, 333, 4444]) == [
        Stored(0, 0, [8]),
        Stored(5, 0, [6, 7, 8]),
        Stored(0, 0, [8]),
        None,
    ]


def test_many_long_lists_of_several_shards_are_all_trimmed(settings: Settings) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK, settings.TIMELINE_SHARDS = 1, 0, 3
    owners = list(range(95, 305))  # more than a call of the script takes, with two lengths of ids
    for owner in owners:
        put(owner, Stored(0, 0, [TEN]))
    with store.pushes(Kind.HOME, TEN + 1) as pushes:
        pushes.send([str(owner) for owner in owners])
        assert pushes.landed() == len(owners)
    assert store.read(Kind.HOME, owners) == [Stored(TEN, 0, [TEN + 1])] * len(owners)


def test_trim_is_rare_and_raises_the_floor_to_the_greatest_id_dropped(settings: Settings) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK = 3, 2
    put(1, Stored(TEN, 7, []))
    for late, tweet_id in enumerate([TEN + 9, TEN + 2, TEN + 3, TEN + 4, TEN + 5], start=1):
        store.push(Kind.HOME, [1], tweet_id)
        assert len(timelines().lrange(Kind.HOME.key(1), 0, -1)) == 1 + late
    store.push(Kind.HOME, [1], TEN + 6)
    # Dropped by arrival: TEN + 9, 2 and 3. All at or below 9 is PostgreSQL's now, whatever stands in the list.
    assert held(1) == Stored(TEN + 9, 7, [TEN + 4, TEN + 5, TEN + 6])


@pytest.mark.parametrize(
    ("dropped", "floor"),
    [
        ([999_999_999_999_999_999, 1_000_000_000_000_000_000], 1_000_000_000_000_000_000),  # more digits is greater
        ([2**62 + 1, 2**62], 2**62 + 1),  # a double cannot tell these two apart
        ([1, 2], 5),  # the floor never falls
    ],
)
def test_the_floor_compares_whole_ids(settings: Settings, dropped: list[int], floor: int) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK = 1, 1
    put(1, Stored(5, 0, []))
    for tweet_id in [*dropped, 2**62 + 9]:
        store.push(Kind.HOME, [1], tweet_id)
    stored = held(1)
    assert stored is not None
    assert stored.floor == floor


def test_a_build_collects_what_is_pushed_meanwhile() -> None:
    token = store.begin(Kind.HOME, 1)
    assert token is not None
    assert held(1) is None  # readers use PostgreSQL
    assert store.push(Kind.HOME, [1], 30) == 1
    assert store.finish(Kind.HOME, 1, token, Stored(4, 2, [10, 20]))
    assert held(1) == Stored(4, 2, [10, 20, 30])


def test_one_builder_at_a_time() -> None:
    assert store.begin(Kind.HOME, 1) is not None
    assert store.begin(Kind.HOME, 1) is None


def test_what_another_has_just_built_is_not_built_again() -> None:
    put(1, Stored(0, 7, [10]))
    assert store.begin(Kind.HOME, 1, 7) is None
    assert store.begin(Kind.HOME, 1, 6) is None
    assert held(1) == Stored(0, 7, [10])
    assert store.begin(Kind.HOME, 1, 8) is not None  # the graph has changed since
    assert held(1) is None


def test_an_abandoned_build_is_taken_over_and_its_result_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = store.begin(Kind.HOME, 1)
    monkeypatch.setattr(store, "BUILD_SECONDS", 0)
    quick = store.begin(Kind.HOME, 1)
    assert slow is not None
    assert quick is not None
    monkeypatch.setattr(store, "BUILD_SECONDS", 10)
    store.push(Kind.HOME, [1], 30)
    assert store.finish(Kind.HOME, 1, slow, Stored(0, 0, [1])) is False
    assert store.finish(Kind.HOME, 1, quick, Stored(0, 1, [2]))
    assert held(1) == Stored(0, 1, [2, 30])


def test_a_build_whose_timeline_was_dropped_is_discarded() -> None:
    token = store.begin(Kind.HOME, 1)
    assert token is not None
    assert store.drop(Kind.HOME, [1, 2]) == 1
    assert store.finish(Kind.HOME, 1, token, Stored(0, 0, [1])) is False
    assert held(1) is None


def test_a_build_is_never_trimmed(settings: Settings) -> None:
    settings.TIMELINE_LENGTH, settings.TIMELINE_SLACK = 2, 0
    token = store.begin(Kind.HOME, 1)
    assert token is not None
    for tweet_id in range(10):
        store.push(Kind.HOME, [1], tweet_id)
    assert store.finish(Kind.HOME, 1, token, Stored(0, 0, []))
    stored = held(1)
    assert stored is not None
    assert stored.ids == list(range(10))


def test_timelines_of_absent_users_expire() -> None:
    put(1, Stored(0, 0, []))
    assert 29 * 86400 < timelines().ttl(Kind.HOME.key(1)) <= 30 * 86400
    timelines().expire(Kind.HOME.key(1), 5)
    store.keep(1)
    assert timelines().ttl(Kind.HOME.key(1)) > 29 * 86400


def test_a_full_timeline_takes_at_most_nine_kilobytes(settings: Settings) -> None:
    newest = 2_123_989_270_346_596_352
    put(1, Stored(0, 0, [newest + (n << 22) for n in range(settings.TIMELINE_LENGTH + settings.TIMELINE_SLACK)]))
    assert (timelines().memory_usage(Kind.HOME.key(1), samples=0) or 0) in range(1, 9 * 1024 + 1)


def test_thousands_of_ids_are_stored_whole() -> None:
    put(1, Stored(0, 0, list(range(1, 5001))))
    stored = held(1)
    assert stored is not None
    assert stored.ids == list(range(1, 5001))
