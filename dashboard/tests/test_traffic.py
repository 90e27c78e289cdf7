"""From what happens to what is shown: deliveries and lags are those of the outbox, and promises are judged by them."""

from collections.abc import Iterable

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import Follow
from accounts.tests.factories import UserFactory
from dashboard import charts, datamodel, promises, traffic
from dashboard.database import Table, product_models
from dashboard.promises import Status
from socialgraph import events, metrics
from socialgraph.models import OutboxEvent
from timelines.home import home_page
from timelines.tests.site import person, post

pytestmark = pytest.mark.django_db


def recorded() -> metrics.Recorded:
    metrics.flush()
    return metrics.read()


@pytest.mark.django_db(transaction=True)
def test_deliveries_and_lag_are_those_of_the_outbox(settings: Settings) -> None:
    """A large audience is cut into ranges: each is a delivery of its own, and late since the post."""
    settings.FAN_OUT_RANGE = 4
    author = person("ada")
    for reader in UserFactory.create_batch(10):
        accounts.follow(follower=reader, followee=author)
        home_page(reader, limit=10)
    accounts.flush_counts()
    metrics.flush()
    posted = post(author)
    OutboxEvent.objects.update(created_at="2026-01-01T00:00:00Z")
    events.drain()
    ranges = OutboxEvent.objects.filter(event="tweet_range")
    assert ranges.count() == 3
    assert {row.payload["since"] for row in ranges} == {1767225600.0}
    hour = recorded().hour
    assert hour.count("event", "tweet_posted") == 1
    assert hour.count("deliveries") == sum(row.deliveries for row in OutboxEvent.objects.all()) == 10
    assert hour.count("lag", "tweet_range") == 3
    assert (hour.histogram("lag").percentile(0.5) or 0) > 1e6  # since the day that the post was dated back to
    assert posted.pk


def test_promises_are_judged_by_addresses_that_the_site_has() -> None:
    """By the names under which `MeasureRequests` counts them."""
    known = set()

    def walk(patterns: Iterable[URLPattern | URLResolver], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            else:
                known.add(pattern.name or route)

    walk(get_resolver().url_patterns, "")
    judged = {route for latency in promises.LATENCIES for route in latency.routes} | {*promises.BOOKMARKING}
    assert {route for route in judged if route.partition(" ")[2] not in known} == set()


def test_routes_are_told_apart_by_pattern_and_method_only(client: Client) -> None:
    client.get("/")
    client.get("/nobody/")
    client.get("/nobody_else/")
    client.get("/a/b/c/")
    client.generic("BREW", "/health")
    client.get("/api/users/nobody")
    names = {route.name: (route.hour.count, route.refused) for route in traffic.routes(recorded())}
    assert names == {
        "GET front page": (1, 0),
        "GET profile": (2, 2),
        "GET (no such address)": (1, 1),
        "OTHER health": (1, 1),
        "GET api/users/<str:who>": (1, 1),
    }


def test_the_board_and_the_probes_are_nobodys_requests(client: Client) -> None:
    client.get("/livez")
    client.get(reverse("dashboard"))
    assert charts.public_count(recorded().hour) == 0
    client.get("/")
    assert charts.public_count(recorded().hour) == 1


@pytest.mark.parametrize(
    ("fast", "slow", "status"), [(19, 0, "too few"), (20, 0, "ok"), (19, 1, "ok"), (18, 2, "late")]
)
def test_a_promise_is_judged_by_its_percentile(fast: int, slow: int, status: str) -> None:
    for milliseconds, times in ((10, fast), (30, slow)):
        for _ in range(times):
            metrics.observe(("request", "POST follow", "2xx"), milliseconds)
            metrics.observe(("request", "POST follow", "4xx"), 5_000)  # refusals are not what was promised
    [row] = [row for row in promises.rows(recorded(), None) if row.name == "Follow and unfollow"]
    assert row.status == status


def test_one_server_error_breaks_the_promise() -> None:
    metrics.observe(("request", "GET home", "2xx"), 5)
    assert [r.status for r in promises.rows(recorded(), None) if r.name == "Server errors"] == [Status.OK]
    metrics.observe(("request", "GET home", "5xx"), 5)
    assert [r.status for r in promises.rows(recorded(), None) if r.name == "Server errors"] == [Status.LATE]


def test_what_the_caches_had_at_hand() -> None:
    assert [row.hit_rate for row in traffic.kept(recorded())] == [None, None]
    metrics.count(("kept", "cards", "process", "hit"), 30)
    metrics.count(("kept", "cards", "process", "miss"), 10)
    metrics.count(("kept", "cards", "cache", "miss"), 10)
    metrics.observe(("built", "timeline"), 12)
    assert [(row.hits, row.misses, row.hit_rate) for row in traffic.kept(recorded())] == [
        (30, 10, 0.75),
        (0, 10, 0.0),
    ]
    assert traffic.built(recorded()).count == 1


def test_a_line_breaks_where_nothing_is_known() -> None:
    points: list[charts.Point] = [(0, 1.0), (60, 2.0), (120, None), (180, 4.0), (600, 2.0)]
    chart = charts.Chart("x", "X", "", str, points, 0)
    assert chart.line == "M0.0,46.0 L5.0,32.0 M15.0,4.0 h0.01 M50.0,32.0 h0.01"
    assert (chart.highest, chart.now) == ("4.0", "None")  # the last figure is old
    assert [value for _, value in chart.rows] == ["2.0", "4.0", "2.0", "1.0"]


def test_every_table_and_every_key_is_drawn() -> None:
    drawing = datamodel.drawing({"follows": Table("follows", 30_000, 0, 5_000_000, 0)})
    assert {box.name for box in drawing.boxes} == {model._meta.db_table for model in product_models()}
    assert "follows.follower_id points at users" in {line.title for line in drawing.lines}
    [follows] = [box for box in drawing.boxes if box.name == Follow._meta.db_table]
    assert (follows.rows, follows.size) == ("about 30,000 rows", "5.0 MB")
    assert all(box.right <= drawing.width and box.y + box.height <= drawing.height for box in drawing.boxes)
    for one in drawing.boxes:
        for other in drawing.boxes:
            apart = one.right <= other.x or other.right <= one.x
            apart = apart or one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart or one is other
