"""The probes: what is up, what is down and why, in time and without secrets."""

import datetime as dt
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from socialgraph import health

pytestmark = pytest.mark.django_db

DEPENDENCIES = {"database", "timelines", "cache", "broker"}
URLS = ("TIMELINES_URL", "CACHE_URL", "BROKER_URL")
NOBODY = 1  # a port where nothing listens


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word; afterwards it hangs up, and no check goes on waiting."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        accepted, stop = [], threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    accepted.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()
        for one in accepted:
            one.close()
    for future in health._running.values():
        future.exception(timeout=5)


def move_all(settings: Settings, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name in URLS:
        setattr(settings, name, f"redis://:sekret@127.0.0.1:{port}/0")
    for name, value in {"HOST": "127.0.0.1", "PORT": port, "PASSWORD": "sekret"}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)


def check(path: str = "/health") -> tuple[int, dict[str, Any]]:
    answer = Client().get(path)
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"sekret" not in answer.content
    return answer.status_code, answer.json()


def test_all_is_well() -> None:
    code, body = check()
    assert code == 200
    assert body["status"] == "OK"
    assert abs(dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(body["timestamp"])) < dt.timedelta(seconds=10)
    assert set(body["checks"]) == DEPENDENCIES
    assert {result["status"] for result in body["checks"].values()} == {"OK"}
    assert all(0 < result["milliseconds"] < 1000 for result in body["checks"].values())


@pytest.mark.parametrize("name", URLS)
def test_one_server_that_is_down_is_named(name: str, settings: Settings) -> None:
    setattr(settings, name, f"redis://:sekret@127.0.0.1:{NOBODY}/0")
    code, body = check()
    down = name.removesuffix("_URL").lower()
    assert (code, body["status"]) == (503, "DOWN")
    assert body["checks"][down] == {"status": "DOWN", "reason": "Connection refused"}
    assert {result["status"] for other, result in body["checks"].items() if other != down} == {"OK"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"PORT": NOBODY}, "Connection refused"),
        ({"NAME": "sekret"}, "database does not exist"),
        ({"HOST": "sekret.invalid"}, "Name or service not known"),
        ({"HOST": "/sekret"}, "No such file or directory"),
    ],
)
def test_a_database_that_is_down_says_why(
    change: dict[str, object], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in change.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    code, body = check()
    assert code == 503
    assert body["checks"]["database"] == {"status": "DOWN", "reason": reason}
    assert check("/readyz")[0] == 503


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://:sekret@127.0.0.1:sekret/0", "ValueError"),
        ("redis://sekret.invalid:6379/0", "Name or service not known"),
        ("nonsense-sekret", "ValueError"),
    ],
)
def test_a_wrong_url_does_not_give_its_password_away(url: str, reason: str, settings: Settings) -> None:
    settings.CACHE_URL = url
    assert check()[1]["checks"]["cache"] == {"status": "DOWN", "reason": reason}


def test_when_all_hang_the_answer_comes_in_time(
    silent_port: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_all(settings, monkeypatch, silent_port)
    threads = threading.active_count()
    for _ in range(3):
        started = time.monotonic()
        code, body = check()
        assert time.monotonic() - started < 1.9
        assert code == 503
        assert body["checks"] == {name: {"status": "DOWN", "reason": "no answer in time"} for name in DEPENDENCIES}
    assert threading.active_count() <= threads + len(DEPENDENCIES)


def test_a_process_is_alive_and_ready_whatever_becomes_of_redis(settings: Settings) -> None:
    for name in URLS:
        setattr(settings, name, f"redis://127.0.0.1:{NOBODY}/0")
    alive, ready = check("/livez"), check("/readyz")
    assert (alive[0], alive[1]["status"], alive[1]["checks"]) == (200, "OK", {})
    assert (ready[0], ready[1]["status"], set(ready[1]["checks"])) == (200, "OK", {"database"})


def test_a_process_is_alive_without_its_database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    move_all(settings, monkeypatch, NOBODY)
    assert check("/livez")[0] == 200


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
def test_a_probe_only_reads(path: str) -> None:
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405
