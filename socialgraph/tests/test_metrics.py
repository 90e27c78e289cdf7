"""Counts and distributions that many processes write and one board reads."""

import math
import os
import random
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings

from socialgraph import metrics
from socialgraph.histogram import RATIO, Histogram, bucket_of, lower_bound
from socialgraph.local_stack.testing import TestServers
from socialgraph.tests.workers import environment, wait_for
from socialgraph.windows import Track

HOME = ("request", "GET home", "2xx")


@pytest.fixture(autouse=True)
def _nothing_left_over(_fresh_valkey: None) -> None:
    """What other tests recorded in this process goes before the test's own."""
    metrics.flush()
    metrics._redis().flushdb()
    metrics.forget()


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99, 1.0])
@pytest.mark.parametrize("shape", ["lognormal", "uniform", "two peaks", "constant", "few"])
def test_a_percentile_is_off_by_less_than_a_bucket(shape: str, share: float) -> None:
    draw = random.Random(7)
    values = {
        "lognormal": [draw.lognormvariate(3, 1.5) for _ in range(20_000)],
        "uniform": [draw.uniform(1, 500) for _ in range(20_000)],
        "two peaks": [draw.choice([2.0, 900.0]) for _ in range(999)],
        "constant": [25.0] * 100,
        "few": [3.0, 40.0, 41.0],
    }[shape]
    exact = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    estimate = Histogram.of(values).percentile(share)
    assert estimate is not None
    assert exact / RATIO < estimate < exact * RATIO
    assert RATIO - 1 < 0.1221


@pytest.mark.parametrize("promise", [10, 25, 50, 100])
def test_promises_are_bounds_of_buckets(promise: float) -> None:
    nearest = min((lower_bound(bucket) for bucket in range(80)), key=lambda bound: abs(bound - promise))
    assert abs(nearest / promise - 1) < 0.005


def test_no_values_have_no_percentile() -> None:
    assert Histogram().percentile(0.95) is None
    assert Histogram().maximum is None


def test_the_maximum_is_the_upper_bound_of_its_bucket() -> None:
    maximum = Histogram.of([1, 2, 777]).maximum
    assert maximum is not None
    assert 777 < maximum < 777 * RATIO


def test_extreme_values_are_kept_in_the_outer_buckets() -> None:
    assert bucket_of(-1) == bucket_of(0) == -40
    assert bucket_of(1e12) == 140


def test_merging_is_adding() -> None:
    values = [random.Random(1).lognormvariate(2, 1) for _ in range(1000)]
    halves = Histogram.of(values[:300])
    halves.merge(Histogram.of(values[300:]))
    assert halves == Histogram.of(values)


def test_two_processes_make_one_histogram() -> None:
    """Each flushes by itself when it ends: what is left of a short-lived process arrives too."""
    program = (
        "import django, sys; django.setup()\n"
        "from socialgraph import metrics\n"
        "for value in sys.argv[1:]: metrics.observe(('request', 'GET home', '2xx'), float(value))\n"
    )
    values = [1.5, 20.0, 20.1, 300.0, 45.0, 46.0]
    for part in (values[:3], values[3:]):
        arguments = [sys.executable, "-c", program, *map(str, part)]
        where = environment(DJANGO_SETTINGS_MODULE="socialgraph.settings", DATABASE_URL="postgres://nowhere/none")
        subprocess.run(arguments, check=True, cwd=settings.BASE_DIR, env=where)
    recorded = metrics.read()
    for window in (recorded.minute, recorded.five_minutes, recorded.hour):
        assert window.histogram("request") == Histogram.of(values)


def test_a_quiet_process_carries_over_what_is_left() -> None:
    metrics.observe(HOME, 12)
    wait_for(lambda: metrics.read().minute.count(*HOME) == 1, 5, "The flush")


def test_threads_lose_nothing() -> None:
    def record() -> None:
        for _ in range(5_000):
            metrics.count(("event", "tweet_posted"))

    threads = [threading.Thread(target=record) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    metrics.flush()
    assert metrics.read().hour.count("event") == 20_000


def test_a_forked_child_counts_for_itself() -> None:
    metrics.count(("deliveries",), 3)
    child = os.fork()
    if child == 0:
        metrics.count(("deliveries",), 4)
        metrics.flush()
        os._exit(0)
    os.waitpid(child, 0)
    metrics.flush()
    assert metrics.read().hour.count("deliveries") == 7


def test_an_empty_store_has_no_numbers() -> None:
    recorded = metrics.read(notes=["survey"])
    assert recorded.is_empty
    assert recorded.hour.histogram("request").percentile(0.5) is None
    assert (recorded.samples, recorded.notes, recorded.alive) == ([], {}, [])


def test_labels_select_series() -> None:
    metrics.observe(HOME, 10)
    metrics.observe(("request", "GET home", "5xx"), 10)
    metrics.observe(("request", "GET profile", "2xx"), 10)
    metrics.flush()
    hour = metrics.read().hour
    assert [hour.count(*labels) for labels in [(), ("request",), ("request", "GET home"), HOME]] == [3, 3, 2, 1]


def test_signs_of_life_age_and_end() -> None:
    metrics.alive("worker a", {"queues": ["fanout"]})
    metrics.alive("worker b", {"queues": ["default"]})
    metrics.flush()
    metrics.retired("worker b")
    [one] = metrics.read().alive
    assert (one.name, one.about) == ("worker a", {"queues": ["fanout"]})
    assert 0 <= one.age < 5
    metrics._redis().pexpire("metrics:alive:worker a", metrics.ALIVE_KEPT_MS - 20_000)
    assert 20 <= metrics.read().alive[0].age < 25
    metrics._redis().delete("metrics:alive:worker a")
    assert metrics.read().alive == []


def test_samples_and_notes() -> None:
    metrics.sample({"backlog": 1})
    metrics.sample({"backlog": 2})
    metrics.note("survey", {"top": ["ada"]})
    recorded = metrics.read(notes=["survey", "never"])
    assert [sample["backlog"] for sample in recorded.samples] == [1, 2]
    assert recorded.notes["survey"].value == {"top": ["ada"]}
    assert "never" not in recorded.notes


def test_everything_runs_out() -> None:
    metrics.observe(HOME, 1)
    metrics.alive("beat", {})
    metrics.sample({"backlog": 1})
    metrics.note("survey", 1)
    metrics.flush()
    client = metrics._redis()
    lives = {key: client.ttl(key) for key in client.scan_iter("metrics:*")}
    assert len(lives) == 6
    assert {key for key, life in lives.items() if life < 0} == {b"metrics:alive"}  # one small set of names


@pytest.mark.serial
@pytest.mark.parametrize("fault", ["stop", "freeze"])
def test_recording_never_waits_or_fails_without_redis(servers: TestServers, fault: str) -> None:
    getattr(servers.valkey["cache"], fault)()
    before = time.perf_counter()
    for _ in range(10_000):
        metrics.observe(HOME, 5)
    assert time.perf_counter() - before < 1
    before = time.perf_counter()
    assert not metrics.flush()
    assert time.perf_counter() - before < 1
    servers.heal()
    metrics.observe(HOME, 5)
    wait_for(metrics.flush, 5, "A flush after the return")
    recorded = metrics.read()
    assert recorded.hour.count("dropped") + recorded.hour.count(*HOME) >= 10_001  # a frozen server took some after all
    if fault == "stop":
        assert (recorded.hour.count("dropped"), recorded.hour.count(*HOME)) == (10_000, 1)


def test_what_is_over_is_read_once_and_summed_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour and a half passes; the sums at every look are those of a reader who reads everything anew."""
    now = 1_800_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    draw = random.Random(3)
    for _ in range(300):
        now += draw.uniform(1, 40)
        for _ in range(draw.randrange(4)):
            metrics.observe(HOME, draw.uniform(1, 100))
        metrics.flush()
        kept = metrics.read()
        metrics.forget() if draw.random() < 0.1 else None
        tracks = metrics._tracks
        monkeypatch.setattr(metrics, "_tracks", (Track(10, 30), Track(60, 60)))
        anew = metrics.read()
        monkeypatch.setattr(metrics, "_tracks", tracks)
        assert (kept.minute, kept.five_minutes, kept.hour) == (anew.minute, anew.five_minutes, anew.hour)
        assert kept.minutes == anew.minutes
