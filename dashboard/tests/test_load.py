"""Load scenarios, small, against an installation of their own: exact in what they count, and loud when it is wrong."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg
import pytest

from dashboard.load.scenarios import SCENARIOS
from socialgraph.local_stack import ports
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.local_stack.throwaway import ThrowAway
from socialgraph.tests.workers import wait_for

pytestmark = pytest.mark.serial

SMALL = ("--quick", "--sample", "20")
LOAD = [sys.executable, "-m", "dashboard.load"]
NAMED_ALIKE = "ltabc123_1"
"""Somebody's own account: a load test's has another address."""


class Site:
    """The installation, and its database as one sees it from outside."""

    def __init__(self, instance: ThrowAway, database: psycopg.Connection[Any]) -> None:
        self.instance = instance
        self.database = database

    def value(self, query: str) -> Any:
        row = self.database.execute(query.encode()).fetchone()
        return row and row[0]

    def people(self) -> list[tuple[Any, ...]]:
        return self.database.execute("SELECT username, follower_count, tweet_count FROM users ORDER BY 1").fetchall()

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        process = subprocess.Popen(
            [*LOAD, *arguments],
            cwd=REPOSITORY,
            env=self.instance.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with (
        ThrowAway(THROTTLES="off") as instance,
        psycopg.connect(instance.urls["DATABASE_URL"], autocommit=True) as database,
    ):
        database.execute(
            "INSERT INTO users (username, email, display_name, password) VALUES (%s, 'a@example.org', 'Somebody', '!')",
            [NAMED_ALIKE],
        )
        yield Site(instance, database)


def test_small_runs_of_all(site: Site) -> None:
    """One test, since every run makes people and removes them."""
    before = site.people()
    done = site.instance.run("-m", "dashboard.load", "all", "--json", *SMALL)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["failed"] == []
    assert list(found["scenarios"]) == list(SCENARIOS)
    _promised_counts_were_measured(found["scenarios"])
    for scenario in found["scenarios"].values():
        spent = scenario["processor_seconds"]
        assert spent["client"] > 0
        assert spent["web"] > 0
    assert site.people() == before
    assert site.value("SELECT count(*) FROM tweets") == 0
    assert not list((site.instance.directory / "mail").glob("*"))


def _promised_counts_were_measured(scenarios: dict[str, Any]) -> None:
    def requests(scenario: str, *beginnings: str) -> int:
        kinds = scenarios[scenario]["latencies_ms"]
        return sum(int(of["requests"].replace(",", "")) for kind, of in kinds.items() if kind.startswith(beginnings))

    rows = {name: {row["name"]: row for row in each["rows"]} for name, each in scenarios.items()}
    assert rows["burst"]["sign-ups at once that succeed"]["measured"] == "6"
    assert requests("burst", "sign-up, API") == requests("burst", "sign-up, form") == 3
    assert requests("burst", "sign-up, alone") == 10
    assert rows["viral"]["likes that succeed"]["measured"] == "12"
    assert requests("viral", "like, API") == requests("viral", "like, page") == 6
    assert rows["celebrity"]["follows at once that succeed"]["measured"] == "12"
    assert rows["stampede"]["whole pages of 50"]["measured"] == "24"
    assert requests("stampede", "home, cold") == requests("stampede", "home, warm") == 12
    assert requests("bookmarks", "bookmark", "unbookmark") == 1_500 * 2 / 60
    assert requests("bookmarks", "list") == 4 * 2
    assert rows["mix"]["people at once"]["measured"] == "12"
    assert requests("mix", "home, page") > 0
    assert requests("mix", "home, API") > 0
    for name in SCENARIOS:
        assert rows[name]["errors"] == {"name": "errors", "target": "none", "measured": "0", "kept": True}


def test_errors_and_wrong_counts_fail(site: Site) -> None:
    """The tweet is taken away while people like it, and somebody's count is not that of the rows.

    The people are kept for a look at what went wrong, until somebody says `clean`.
    """
    before = site.people()
    site.database.execute("UPDATE users SET follower_count = 7 WHERE username = %s", [NAMED_ALIKE])
    with site.running("viral", *SMALL, "--seconds", "3", "--keep") as process:
        wait_for(lambda: site.value("SELECT count(*) > 2 FROM likes"), 120, "The first likes")
        site.database.execute(
            "UPDATE tweets SET deleted_at = now() WHERE id = (SELECT tweet_id FROM likes ORDER BY id LIMIT 1)"
        )
        said, _ = process.communicate()
        assert process.returncode == 1
    site.database.execute("UPDATE users SET follower_count = 0 WHERE username = %s", [NAMED_ALIKE])
    verdict = said[said.index("FAILED") :]
    assert "times answered 410" in verdict
    assert "likes of the tweet: " in verdict
    assert ", expected 12" in verdict
    assert "reconcile_counts: follower_count of " in verdict
    assert ": 7, should be 0 checked=" in verdict
    assert len(site.people()) > len(before) + 12
    done = site.instance.run("-m", "dashboard.load", "clean")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(" accounts of load tests erased.\n")
    assert site.people() == before


def test_people_go_when_the_test_is_killed(site: Site) -> None:
    before = site.people()
    with site.running("viral", *SMALL, "--seconds", "600") as process:
        wait_for(lambda: site.value("SELECT count(*) > 0 FROM likes"), 120, "The first like")
        processes = psutil.Process(process.pid).children(recursive=True)
        assert any("locust" in word for each in processes for word in each.cmdline())
        process.kill()
    wait_for(lambda: site.people() == before, 120, "The erasing")
    gone, alive = psutil.wait_procs(processes, timeout=60)
    assert gone
    assert alive == []


def test_on_locusts_page(site: Site) -> None:
    port = ports.choose()
    page = f"http://127.0.0.1:{port}"
    with site.running("stampede", *SMALL, "--web", "--web-port", str(port), "--json") as process:
        wait_for(lambda: _answers(page), 120, "Locust's page")
        start = urlencode({"user_count": 12, "spawn_rate": 12, "host": site.instance.base_url}).encode()
        with urllib.request.urlopen(f"{page}/swarm", start) as answer:
            assert json.load(answer)["success"]
        wait_for(lambda: _requests_seen(page) == 24, 120, "The end of the stampede")
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate()
        assert process.returncode == 0
    assert json.loads(said)["scenarios"]["stampede"]["rows"][0]["measured"] == "24"


def _answers(page: str) -> bool:
    try:
        with urllib.request.urlopen(page) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def _requests_seen(page: str) -> int:
    with urllib.request.urlopen(f"{page}/stats/requests") as answer:
        stats = json.load(answer)["stats"]
    return int(next(row["num_requests"] for row in stats if row["name"] == "Aggregated"))


def test_an_instance_with_throttles_is_refused(site: Site) -> None:
    """Its web server runs beside the other one, on the same servers."""
    port = ports.choose()
    command = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(
        [sys.executable, *command, "socialgraph.local_stack.web:application"],
        cwd=REPOSITORY,
        env=site.instance.environment | {"THROTTLES": "on"},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _answers(f"{url}/readyz"), 120, "The web server")
        done = site.instance.run("-m", "dashboard.load", "viral", *SMALL, "--url", url)
    finally:
        process.terminate()
        process.wait(60)
    assert done.returncode == 2
    assert "throttles its callers" in done.stderr
    assert "THROTTLES=off scripts/up" in done.stderr


CONNECTED = 1_300
"""More than two web processes would keep open if they were left to themselves."""


def test_whoever_comes_after_many_idle_browsers_is_served(site: Site) -> None:
    address = ("127.0.0.1", site.instance.port)
    question = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with contextlib.ExitStack() as browsers:
        for _ in range(CONNECTED):
            browser = browsers.enter_context(socket.create_connection(address, 10))
            browser.sendall(question)
            assert browser.recv(65_536).startswith(b"HTTP/1.1 200")
