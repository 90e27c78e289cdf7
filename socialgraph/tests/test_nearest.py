"""What a process keeps is bounded, and is what was asked for last."""

from concurrent.futures import ThreadPoolExecutor

from socialgraph.nearest import Nearest


def test_the_last_ones_are_kept_and_no_more_than_twice_as_many() -> None:
    kept: Nearest[int, str] = Nearest(3)
    for n in range(100):
        kept.put(n, str(n))
        assert kept.get(0) == "0"  # asked for again and again
    assert [kept.get(n) for n in (99, 98)] == ["99", "98"]
    assert kept.get(50) is None
    assert len(kept) <= 6


def test_nothing_is_kept_without_room() -> None:
    kept: Nearest[int, str] = Nearest(2)
    kept.put(1, "1")
    kept.clear()
    assert kept.get(1) is None
    kept.size = 0
    kept.put(1, "1")
    assert kept.get(1) is None
    assert len(kept) == 0


def test_many_threads_at_once() -> None:
    kept: Nearest[int, int] = Nearest(50)

    def work(start: int) -> bool:
        for n in range(start, start + 5_000):
            kept.put(n % 200, n % 200)
            if kept.get(n % 200) not in (n % 200, None):
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert len(kept) <= 2 * 50 + 8
