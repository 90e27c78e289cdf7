"""The board as operators see it, and as nobody else does."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import UserFactory
from dashboard import sampling, survey
from socialgraph import events, metrics
from timelines.tests.site import HTMX, html, logged_in, person, post

pytestmark = pytest.mark.django_db

BOARD = reverse("dashboard")
FIGURES = reverse("dashboard_figures")


@pytest.fixture
def operator() -> Client:
    return logged_in(person("operator", is_staff=True))


@pytest.mark.parametrize("path", [BOARD, FIGURES])
def test_visitors_are_led_to_the_log_in_page(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["Location"]) == (302, f"{reverse('account_login')}?next={path}")
    assert client.get(path, headers=HTMX).headers["HX-Redirect"] == f"{reverse('account_login')}?next={path}"


@pytest.mark.parametrize("path", [BOARD, FIGURES])
def test_for_members_there_is_no_such_page(path: str) -> None:
    response = logged_in(person("ada")).get(path)
    assert response.status_code == 404
    assert "Verdict" not in html(response)


def test_nobody_can_take_its_address() -> None:
    assert BOARD == "/dashboard/"
    response = Client().post(
        "/api/users", {"username": "Dashboard", "email": "d@example.org", "password": "x" * 20}, "application/json"
    )
    assert response.status_code == 400


def test_it_only_reads(operator: Client) -> None:
    assert operator.post(BOARD).status_code == 405


def test_an_empty_store_shows_no_numbers(operator: Client) -> None:
    text = html(operator.get(BOARD))
    assert "Not known while" not in text
    for title in ("Requests", "Home page, p95", "Posts", "Deliveries", "Fan-out lag, p95", "Memory of Redis"):
        assert f"<span>{title}</span><b>no data yet</b>" in text
    assert text.count('<span class="state no-data-yet">') == 9  # seven latencies, errors, drift
    assert "no data yet. The periodic worker surveys once a minute" in text
    assert "No worker takes from the queue “fanout” (never heard of)." in text


def test_what_happens_is_on_the_board(operator: Client) -> None:
    ada, bob = person("ada"), person("bob")
    reader = logged_in(bob)
    assert reader.post(reverse("follow", args=["ada"])).status_code == 302
    assert reader.get("/").status_code == 200  # makes the timeline that the post is delivered to
    post(ada)
    events.drain()
    assert reader.get("/").status_code == 200
    sampling.take()
    survey.take()
    metrics.flush()
    text = html(operator.get(BOARD))
    assert '<th scope="row">GET home</th>' in text
    assert '<th scope="row">POST follow</th>' in text
    assert "<td>p95\u00a0&lt;\u00a025\u00a0ms</td>" in text
    assert text.count('<span class="state no-data-yet">') == 5  # the latencies of what nobody has asked for
    assert text.count('<span class="state too-few">') == 2  # home and follow
    assert "@ada</a></th><td>1</td>" in text


def test_queries_do_not_grow(operator: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert operator.get(FIGURES).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for author in UserFactory.create_batch(20):
        post(author)
        logged_in(author).get("/")
    metrics.flush()
    survey.take()
    assert queries() == few
