"""The board while things are down: it says what and what to do, in time, and the rest of it stands."""

import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from dashboard.servers import QUEUES, _ask
from socialgraph import metrics
from socialgraph.local_stack.testing import TestServers
from socialgraph.tests.workers import celery, kill, wait_for
from timelines.tests.site import html, logged_in, person

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]

QUICK = ("--without-gossip", "--without-mingle")
SAID = {
    "timelines": "The timeline server does not answer",
    "cache": "The cache server does not answer",
    "broker": "The broker does not answer",
}


@pytest.fixture
def operator() -> Client:
    client = logged_in(person("operator", is_staff=True))
    client.get(reverse("dashboard"))  # what a first request compiles and connects is not the fault's time
    return client


def board(operator: Client) -> str:
    response = operator.get(reverse("dashboard_figures"))
    assert response.status_code == 200
    return html(response)


def test_a_worker_that_is_gone_is_missed(operator: Client, tmp_path: Path) -> None:
    missing = "No worker takes from the queue “fanout”"
    assert missing in board(operator)
    with celery(tmp_path / "worker.log", "worker", "-Q", "fanout", "-c", "1", "--hostname", "f@%h", *QUICK) as worker:
        wait_for(lambda: missing not in board(operator), 60, "The worker's sign of life")
        text = board(operator)
        assert "f@" in text
        assert "1 alive" in text
        assert "No worker takes from the queue “default”" in text
        kill(worker)
        before = time.monotonic()
        wait_for(lambda: missing in board(operator), 30, "The board's notice")
        assert time.monotonic() - before < 12
        assert "(last heard of" in board(operator)


def test_a_worker_that_was_stopped_in_good_order_leaves(operator: Client, tmp_path: Path) -> None:
    with celery(tmp_path / "worker.log", "worker", "-Q", "fanout", "-c", "1", "--hostname", "f@%h", *QUICK) as worker:
        wait_for(lambda: "1 alive" in board(operator), 60, "The worker's sign of life")
        worker.terminate()
        worker.wait(60)
        text = board(operator)
        assert "No worker takes from the queue “fanout” (never heard of)" in text
        assert "f@" not in text


def test_beat_and_the_periodic_worker_are_heard_and_sample(operator: Client, tmp_path: Path) -> None:
    with (
        celery(tmp_path / "worker.log", "worker", "-Q", "periodic", "-c", "1", *QUICK),
        celery(tmp_path / "beat.log", "beat", "--schedule", str(tmp_path / "schedule")) as beat,
    ):
        wait_for(lambda: "Beat is not running" not in board(operator), 60, "Beat's sign of life")
        wait_for(lambda: bool(metrics.read().samples), 60, "A sample")
        wait_for(lambda: metrics.read().hour.count("task") > 0, 60, "A task's run")
        heights = metrics.read().samples[-1]
        assert heights["backlog"] == 0
        assert heights["memory timelines"] > 0
        assert "accounts.tasks.flush_counts" in board(operator)
        kill(beat)
        wait_for(lambda: "Beat is not running (last heard of" in board(operator), 30, "The board's notice")


@pytest.mark.parametrize("fault", ["stop", "freeze"])
@pytest.mark.parametrize("role", ["timelines", "cache", "broker"])
def test_each_server_may_be_away(operator: Client, servers: TestServers, role: str, fault: str) -> None:
    assert SAID[role] not in board(operator)
    getattr(servers.valkey[role], fault)()
    before = time.monotonic()
    text = board(operator)
    assert time.monotonic() - before < 2
    for name, words in SAID.items():
        assert (words in text) is (name == role)
    assert "PostgreSQL" in text
    assert text.count("It does not answer:") == 1
    if role == "cache":
        assert "There are no measurements while the cache server" in text
    else:
        assert "<span>Requests</span>" in text
    if role == "broker":
        assert "The queues are not known" in text
        assert "No worker takes" not in text  # nobody can take anything, and the broker is what to mend


def test_all_of_them_may_be_away(operator: Client, servers: TestServers) -> None:
    for role in SAID:
        servers.valkey[role].stop()
    before = time.monotonic()
    text = board(operator)
    assert time.monotonic() - before < 2
    assert all(words in text for words in SAID.values())
    servers.heal()
    assert not any(words in board(operator) for words in SAID.values())


def test_a_queue_tells_how_long_its_oldest_message_waits(operator: Client, servers: TestServers) -> None:
    from_now = time.time()
    operator.post(reverse("compose"), {"text": "Nobody takes the nudge."})
    operator.post(reverse("compose"), {"text": "Nor this one."})
    wait_for(lambda: '<th scope="row">fanout</th><td>2</td>' in board(operator), 5, "The depth of the queue")
    [fanout] = [queue for queue in _ask(settings.BROKER_URL, QUEUES).queues if queue.name == "fanout"]
    assert fanout.age is not None
    assert 0 <= fanout.age <= time.time() - from_now
    assert '<th scope="row">outbox, events</th><td>2</td>' in board(operator)
    assert "none waits" in board(operator)  # of the other queues
