"""Benches are right in what they count and refuse what they cannot measure; how fast anything was is not asserted."""

import json
import os
import subprocess
import sys
from socket import create_server
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings

from accounts.tests.factories import UserFactory
from dashboard.access_paths import PATHS
from dashboard.bench import report
from dashboard.bench.__main__ import main
from dashboard.bench.client import load, request
from dashboard.bench.plot import Line, Panel, draw
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
    _builds_each_timeline_once(found)
    _counts_what_caches_avoid(found)
    _weighs_every_process(found)
    _reads_bookmarks_while_others_work(found)
    _counts_exactly_under_fire(found)
    _checks_likes_by_all_rungs(found)
    _grows_with_the_data(found)
    _follows_every_access_path(found)
    _signs_people_up_and_finds_them(found)
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


def _counts_exactly_under_fire(found: dict[str, Any]) -> None:
    figures, turns = found["figures"]["counts"], 3
    for way in ("ledger", "inline", "inline_by_trigger"):
        assert figures["likes"][way]["done"] == 60 * turns
    for way in ("ledger_one_by_one", "ledger", "inline"):
        assert figures["celebrity"][way]["done"] == 60 * 2 * turns
    assert figures["circle"]["ledger"]["done"] == 8 * 7 * 2
    for part in ("likes", "celebrity", "circle"):
        assert figures[part]["ledger"]["deadlocks"] == figures[part]["ledger"]["lock_timeouts"] == 0
    requests = {name: row["requests"] for name, row in figures["http"].items() if "requests" in row}
    assert requests == {"likes": 60, "follows": 60, "unfollows": 60, "steady": 20}
    for part in ("likes", "celebrity", "http"):
        assert figures[part]["ledger_lag_ms"]["times"] > 0
    left = figures["likes"]["left_behind"]
    assert left["inline"]["inline_counts"]["updates"] == 2 * 60 * turns  # by the application and by the trigger
    assert left["ledger"]["tweet_counts"]["updates"] < 60 * turns
    assert figures["exact"]["followers"] == 2_100
    assert figures["exact"]["likes"] == 60 * (turns + 1)  # the last ones came over HTTP
    assert figures["exact"]["drift"] == 0


def _checks_likes_by_all_rungs(found: dict[str, Any]) -> None:
    """That all ways give the same marks is asked by the bench itself, of every page."""
    data, figures = found["data"]["likes"], found["figures"]["likes"]
    assert (data["likes_of_the_viral"], data["ordinary_posts"]) == (1_000, 50)
    for row in figures["checks_in_postgresql"].values():
        assert row["plan"] == "Index Only Scan using likes_unique"
        assert 0 < row["blocks"] < 10
    assert figures["checks_in_postgresql"]["hot"]["of_them_read"] == 0
    size = figures["bytes"]
    assert size["filter_of_the_viral"] < size["set_of_the_viral"]
    assert [(row["hashes"], row["bits_for_a_like"]) for row in figures["filters"].values()] == [(7, 9.59), (10, 14.38)]
    for row in figures["filters"].values():
        assert row["strangers_asked"] == 53
        assert row["false_positive_rate"] < 0.2
    statements = figures["statements"]
    assert statements["sets"] == statements["postgresql"] == 1  # the page's own: none is avoided
    assert statements["sets_and_filter"] >= 1
    assert figures["stampede"]["requests"] == 20


def _grows_with_the_data(found: dict[str, Any]) -> None:
    figures, described = found["figures"]["growth"], found["data"]["growth"]
    ways = {"empty", "home_in_process", "home_json", "home_html", "post", "follow", "unfollow"}
    assert list(figures) == ["60", "300", "last_to_first", "plans"]
    for users in (60, 300):
        assert described[str(users)]["follows"] == 21 * users
        assert described[str(users)]["tweets"] == 2 * users
        assert set(figures[str(users)]) == ways
        assert all(row["requests"] == 5 and set(row["ms"]) == PERCENTILES for row in figures[str(users)].values())
    for way, ratio in figures["last_to_first"].items():
        first, last = (figures[users][way]["ms"]["p50"] for users in ("60", "300"))
        assert ratio["p50"] == pytest.approx(last / first, abs=0.01)


def _follows_every_access_path(found: dict[str, Any]) -> None:
    """With so few rows PostgreSQL may well go other ways: test_access_paths.py looks at that."""
    paths = found["figures"]["plans"]["paths"]
    assert list(paths) == list(found["figures"]["growth"]["plans"]) == [path.name for path in PATHS]
    assert found["figures"]["plans"]["complaints"] == sum(len(row["complaints"]) for row in paths.values())


def _signs_people_up_and_finds_them(found: dict[str, Any]) -> None:
    figures = found["figures"]["people"]
    assert figures["sign_up"]["at_once"]["succeeded"] == 4
    assert figures["sign_up"]["http"]["requests"] == 5
    assert set(figures["sign_up"]["hash_alone_ms"]) == PERCENTILES
    for part in (
        figures["look_up"],
        figures["search"]["recent"],
        figures["search"]["top"],
        figures["search"]["people"],
    ):
        assert all(row["requests"] > 0 and set(row["ms"]) == PERCENTILES for row in part.values())
    assert figures["follow"]["follow"]["requests"] == figures["follow"]["unfollow"]["requests"] > 0
    assert figures["bookmarks"]["600"]["operations_a_minute"] > 0
    assert figures["drift"] == 0


def test_a_drawing_names_its_lines_and_stays_within_its_frame() -> None:
    lines = [
        Line("reading", [(10, 1.5, 3.0), (1_000, 1.6, 3.9)]),
        Line("<writing>", [(10, 1.5, 2.0), (1_000, 1.6, 2.0)]),
    ]
    svg = ElementTree.fromstring(draw("How it grows", "By accounts", [Panel("One", lines), Panel("Two", lines)]))
    texts = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("reading 1.6") == texts.count("<writing> 1.6") == 2
    assert {"How it grows", "10", "1,000", "4 ms", "accounts"} <= set(texts)
    width, height = (float(svg.attrib[side]) for side in ("width", "height"))
    for circle in svg.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 < float(circle.attrib["cx"]) < width
        assert 0 < float(circle.attrib["cy"]) < height


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
        assert set(rates) == {"product", "plain", "bare"}
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

    parts = ("list_from_redis", "statement_and_cards", "page", "page_and_bytes", "empty_request", "request")
    assert tuple(figures["budget"]) == parts
    assert min(figures["budget"].values()) > 0
    connected = figures["connected"]
    assert list(connected) == [f"{way}, {count} people" for way in ("sketch", "json", "html") for count in (5, 10, 20)]
    assert all(row["requests_per_second"] > 0 for row in connected.values())


def _builds_each_timeline_once(found: dict[str, Any]) -> None:
    figures = found["figures"]["rebuild"]
    assert list(figures["cold"]) == ["5 busy", "5 quiet", "30 busy", "30 quiet"]
    for row in figures["cold"].values():
        assert row["built"] == 2 * row["requests"]  # in process and over HTTP
        assert 0 < row["ids"] <= 800
        for way in ("in_process_ms", "http_ms"):
            assert set(row[way]) == PERCENTILES
    assert [figures["returning"][way]["built"] for way in ("cold", "warm")] == [12, 0]
    assert figures["one_of_them"]["built"] == figures["one_of_them"]["rounds"] == 5
    assert [row["built"] for row in figures["without_the_lock"].values()] == [1, 8]


def _counts_what_caches_avoid(found: dict[str, Any]) -> None:
    figures = found["figures"]["caches"]
    tiers = figures["tiers"]
    assert len(tiers) == 7
    assert set(tiers["all tiers"]["avoided_percent"].values()) == {0}
    assert (
        tiers["all tiers"]["statements"] < tiers["no sessions in Redis"]["statements"] < tiers["no tier"]["statements"]
    )
    assert tiers["no tier"]["avoided_percent"]["statements"] > 0
    assert figures["kept"]["cards in process"]["hit"] > 0
    assert figures["kept"]["sessions in Redis"]["entries"] > 0
    home = figures["home"]
    assert home["card_by_card"]["statements"] == pytest.approx(3 + 6 * home["card_by_card"]["cards"], abs=0.7)
    assert 3 <= home["plain_join"]["statements"] <= 4


def _weighs_every_process(found: dict[str, Any]) -> None:
    figures = found["figures"]["footprint"]
    for moment in figures["memory_mb"].values():
        assert {"web", "beat", "worker fanout", "worker default", "worker periodic", "postgres"} <= set(moment)
        assert moment["web"]["processes"] == 3
        assert all(0 < row["own_share"] <= row["resident"] for row in moment.values())
    assert {"none", "all", *settings.MIDDLEWARE} == set(figures["middleware_us"])
    assert 0 < figures["requirements"]["distributions"] < 100
    assert figures["import_ms"]["modules"] > 500
    assert all(seconds > 0 for seconds in figures["up_seconds"].values())


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
