"""Paths: bytes that sort as a tree is read, and spans that hold what stands below."""

from random import Random

import pytest
from pytest_django import Settings

from tweets.threads import ids_of, is_flat, level_of, path_below, span_below

LARGEST = 2**63 - 1


def test_a_path_names_what_stands_above() -> None:
    path = path_below(path_below(path_below(None, 5), 7), LARGEST)
    assert ids_of(path) == [5, 7, LARGEST]
    assert (level_of(path), level_of(None)) == (3, 0)
    assert ids_of(memoryview(path)) == ids_of(path)
    assert ids_of(None) == []


def test_what_is_too_deep_stands_on_the_last_level(settings: Settings) -> None:
    settings.THREAD_LEVELS = 3
    path: bytes | None = None
    for tweet_id in range(1, 7):
        path = path_below(path, tweet_id)
    assert ids_of(path) == [1, 2, 6]
    assert is_flat(path)
    assert not is_flat(path_below(path_below(None, 1), 2))


@pytest.mark.parametrize("seed", range(20))
def test_paths_sort_as_the_tree_is_read_and_spans_hold_what_is_below(seed: int, settings: Settings) -> None:
    settings.THREAD_LEVELS = 4
    random = Random(seed)
    ids = sorted(random.sample(range(1, LARGEST), 60))
    parents: dict[int, int | None] = {}
    paths: dict[int, bytes] = {}
    for place, tweet_id in enumerate(ids):
        parents[tweet_id] = parent = random.choice([None, *ids[:place]])
        paths[tweet_id] = path_below(None if parent is None else paths[parent], tweet_id)

    def read(above: int | None) -> list[int]:
        found: list[int] = []
        for tweet_id in ids:
            if parents[tweet_id] == above:
                found += [tweet_id, *read(tweet_id)]
        return found

    def is_below(tweet_id: int, above: int) -> bool:
        parent = parents[tweet_id]
        return parent is not None and (parent == above or is_below(parent, above))

    in_order = sorted(ids, key=lambda tweet_id: paths[tweet_id])
    not_flat = [tweet_id for tweet_id in in_order if not is_flat(paths[tweet_id])]
    assert not_flat == [tweet_id for tweet_id in read(None) if not is_flat(paths[tweet_id])]
    for tweet_id in ids:
        after, before = span_below(paths[tweet_id])
        within = {other for other in ids if after < paths[other] < before}
        if is_flat(paths[tweet_id]):
            level = {other for other in ids if is_flat(paths[other]) and paths[other][:24] == paths[tweet_id][:24]}
            assert within == {other for other in level if other > tweet_id}
        else:
            assert within == {other for other in ids if is_below(other, tweet_id)}
    after, before = span_below(None)
    assert all(after < path < before for path in paths.values())
