"""Benches are right in what they count and refuse what they cannot measure; how fast anything was is not asserted."""

import json
import os
import subprocess
import sys
from socket import create_server
from typing import Any

import pytest

from accounts.tests.factories import UserFactory
from dashboard.bench import report
from dashboard.bench.__main__ import main
from dashboard.bench.client import load, request
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.redis import timelines

BUSY = 29  # of the 40 users; the others read, or post little
PERCENTILES = {"p50", "p95", "p99"}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "bench", *arguments],
        cwd=REPOSITORY,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_small_runs_of_all_benches() -> None:
    """One test, since each run makes an installation."""
    done = bench("all", "--json", "--quick")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["bench", "machine", "data", "figures"]
    _names_the_machine_and_its_load(found)
    _counts_every_delivery(found)
    _reads_whole_pages_and_gets_no_refusals(found)
    _walks_whole_conversations(found)
    _reads_bookmarks_while_others_work(found)
    # 100 follows, 20 posts with 10 likes each, and an answer, a quote and a retweet of every tenth.
    assert found["figures"]["erase"]["rows"] == 100 + 20 + 200 + 6


def _reads_bookmarks_while_others_work(found: dict[str, Any]) -> None:
    figures = found["figures"]["bookmarks"]
    assert figures["drift"] == 0
    assert figures["operations_a_minute"] > 0
    for row in figures["lists"].values():
        assert row["requests"] == 4  # two a second of each
        assert set(row["latency_ms"]) == PERCENTILES
    assert found["data"]["bookmarks"]["bookmarks_of_one"] == 200


def _names_the_machine_and_its_load(found: dict[str, Any]) -> None:
    machine = found["machine"]
    assert machine["cores"] == os.cpu_count()
    assert len(machine["load_average"]) == len(machine["load_average_after"]) == 3
    assert 0 <= machine["stolen_percent"] <= 100
    assert {"processor", "memory_gib", "python", "postgresql", "timelines"} <= set(machine)


def _counts_every_delivery(found: dict[str, Any]) -> None:
    figures = found["figures"]["fan_out"]
    assert list(figures) == ["40", "250", "sustained", "while_posting", "memory"]
    for count in ("40", "250"):
        row = figures[count]
        assert row["expected"] == row["deliveries"] == int(count)
        assert row["repeats"] == 2
        assert 0 < row["lag_ms"]["min"] <= row["lag_ms"]["median"] <= row["lag_ms"]["max"]
        rates = row["deliveries_per_second"]
        assert set(rates) == {"product", "plain", "bare", "script"}
        assert row["share_of_bare"] == pytest.approx(rates["product"] / rates["bare"], rel=0.1)
    assert found["data"]["fan_out"]["followers"] == [40, 250]
    sustained = figures["sustained"]
    assert sustained["expected"] == sustained["deliveries"] == 2 * 250
    assert set(sustained["deliveries_per_second"]) == set(sustained["server_us_a_delivery"])
    assert {"server", "workers", "postgresql", "broker", "posting"} <= set(sustained["processor_us_a_delivery"])
    assert figures["while_posting"]["posts"] == 10
    lags = figures["while_posting"]["lag_ms"]
    assert {audience: lag["posts"] for audience, lag in lags.items()} == {"250 followers": 1, "10 followers": 9}
    assert 0 < figures["memory"]["memory_usage_mean"] <= figures["memory"]["memory_usage_max"]


def _reads_whole_pages_and_gets_no_refusals(found: dict[str, Any]) -> None:
    figures = found["figures"]["home"]
    *busy, quiet = figures["in_process"].items()
    assert [(name, row["cards"]) for name, row in busy] == [("10 busy", 50), (f"{BUSY} busy", 50)]
    assert (quiet[0], quiet[1]["cards"]) == ("5 quiet", 10)
    for row in figures["in_process"].values():
        for way in ("hybrid_ms", "oracle_ids_ms", "oracle_page_ms"):
            assert set(row[way]) == PERCENTILES
            assert 0 < row[way]["p50"] <= row[way]["p95"] <= row[way]["p99"]
    for way, row in figures["http"].items():
        assert set(row["latency_ms"]) == PERCENTILES
        assert row["requests"] > 0
        assert (row["bytes"] > 10_000) == (way != "empty")
        assert (row["processor_ms"] > figures["http"]["empty"]["processor_ms"]) == (way != "empty")


def _walks_whole_conversations(found: dict[str, Any]) -> None:
    figures = found["figures"]["threads"]
    assert list(figures) == ["chain", "star", "bush"]
    for row in figures.values():
        assert row["walk"] == {"pages": 3, "replies": 90}
        assert [row[page]["cards"] for page in ("first", "middle", "last")] == [31, 31, 31]
        for page in ("first", "middle", "last", "deep"):
            assert row[page]["http_requests"] > 0
            assert set(row[page]["http_ms"]) == set(row[page]["in_process_ms"]) == PERCENTILES
        assert row["rows_read"]["plan"] == "Index Scan using tweets_thread"
        assert row["rows_read"]["rows"] == 31


def test_an_unknown_bench_is_refused() -> None:
    done = bench("sideways")
    assert done.returncode != 0
    assert "invalid choice: 'sideways'" in done.stderr


def test_a_taken_port_is_refused() -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bench("home", "--quick", "--port", str(port))
    assert done.returncode != 0
    assert f"Port {port} is in use" in done.stderr


@pytest.mark.django_db
def test_people_in_the_database_are_left_alone() -> None:
    UserFactory.create()
    with pytest.raises(SystemExit, match="an empty one of its own"):
        main('{"fan_out": {"followers": [10], "repeats": 1}}')


def test_a_timeline_server_that_holds_something_is_left_alone(settings: Any) -> None:
    timelines().set("somebody's", "own")
    done = bench("fan_out", "--quick", "--timelines-url", settings.TIMELINES_URL)
    assert done.returncode != 0
    assert "holds 1 keys" in done.stderr
    assert timelines().get("somebody's") == b"own"


def test_a_server_that_is_not_there_is_no_figure() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        load(f"http://127.0.0.1:{port}", [request("/", {})], 0.1)


def test_a_table_leaves_nothing_out() -> None:
    lines = report.table({"a": {"b": 1234, "c": [1, 2.5]}, "d": "x"}).splitlines()
    assert lines == ["a.b  1,234", "a.c  1 2.5", "d    x"]
