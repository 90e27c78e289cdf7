"""What a load test refuses, deals out and calls kept, without an installation."""

from collections import Counter
from pathlib import Path

import pytest

from dashboard.load import report
from dashboard.load.__main__ import main
from dashboard.load.errors import Refused
from dashboard.load.instance import Instance
from dashboard.load.scenarios import SCENARIOS, Bookmarks, people_needed
from dashboard.load.scenes import _dealt

SERVERS = {"DATABASE_URL": "postgres://localhost/unused", "REDIS_URL": "redis://localhost/0"}


def test_another_machine_is_refused_before_it_is_asked_anything(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path), **SERVERS}
    with pytest.raises(Refused, match="not on this machine"):
        Instance.find(environ, "https://192.0.2.1/", anywhere=False)
    with pytest.raises(Refused, match="no address of a site"):
        Instance.find(environ, "file:///etc/passwd", anywhere=False)


def test_without_an_instance_it_says_how_to_start_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused, match="THROTTLES=off scripts/up"):
        Instance.find({"DATA_DIR": str(tmp_path)}, None, anywhere=False)
    with pytest.raises(Refused, match="name the site's address with --url"):
        Instance.find({"DATA_DIR": str(tmp_path), **SERVERS}, None, anywhere=False)


def test_help_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in [*SCENARIOS, "all", "clean"])


def test_one_population_is_enough_for_all() -> None:
    assert people_needed({"viral": {"likes": 30}, "mix": {"people": 50}}) == 50
    assert people_needed({"bookmarks": {"operators": 40, "lists": 10}}) == 50
    assert people_needed({"burst": {"sign_ups": 100}}) == 0


@pytest.mark.parametrize("tweets", [3, 1_000])
def test_bookmark_operations_always_change_something(tweets: int) -> None:
    """Also when there are more of them than tweets: what was taken back can be bookmarked again."""
    jobs, expected = _dealt(
        Bookmarks(operations=600, bookmark_seconds=60.0, operators=4), [1, 2, 3, 4], list(range(tweets))
    )
    stored: set[tuple[int, int]] = set()
    by_kind: Counter[bool] = Counter()
    for user_id, own in jobs.items():
        assert [second for second, _, _ in own] == sorted(second for second, _, _ in own)
        for _, tweet_id, adds in own:
            assert ((user_id, tweet_id) in stored) != adds
            (stored.add if adds else stored.remove)((user_id, tweet_id))
            by_kind[adds] += 1
    assert by_kind.total() == 600
    assert by_kind[False] >= 230
    assert stored == expected


def test_a_promise_is_kept_only_below_its_limit() -> None:
    seen = report.Seen({"seconds": 1.0, "done": {}, "latencies_ms": {"home, page": [10.0, 49.9], "search": [3.0]}})
    assert seen.latency("home", ["home"], {0.95: 50}).kept is True
    assert seen.latency("home", ["home"], {0.95: 49.9}).kept is False
    assert seen.latency("nothing", ["nothing"], {0.95: 50}).kept is None


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [report.percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50.0, 95.0, 99.0, 100.0]
    assert report.percentile([], 0.5) == 0.0
    assert report.percentile([7.0], 0.99) == 7.0
