"""One installation for all tests here: `scripts/up` past its virtual environment, with servers and workers of its own.

Each test has authors and a reader for itself and must leave every program running.
"""

import contextlib
import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import psycopg
import pytest

from socialgraph.local_stack.throwaway import ThrowAway
from socialgraph.tests.faults.people import Person, Traffic, Visitor, slow

CASTS = 16
PASSWORD = secrets.token_urlsafe(12)
MAKE_CASTS = f"""
import json
from knox.models import get_token_model
from accounts.services import follow, register
for n in range({CASTS}):
    cast = []
    for part in ("pages", "api", "reader"):
        user = register(username=f"{{part}}{{n}}", email=f"{{part}}{{n}}@example.org", password="{PASSWORD}")
        cast.append([user.pk, user.username, get_token_model().objects.create(user)[1]])
        if part == "reader":
            for author in authors: follow(follower=user, followee=author)
        else: authors = [user] if part == "pages" else [*authors, user]
    print(json.dumps(cast))
"""
CHECK = "from django.core.management import call_command as c; c('check_timelines'); c('reconcile_counts')"
DRAIN_SECONDS = 60
RETURN_SECONDS = 60


@dataclass(frozen=True)
class Cast:
    pages: Person
    """Posts with a browser."""
    api: Person
    """Posts by a program."""
    reader: Person
    """Follows both, and had a timeline before anything broke."""


class Installation:
    def __init__(self, instance: ThrowAway) -> None:
        self.instance = instance
        self.base_url = instance.base_url
        made = instance.run("manage.py", "shell", "-v0", "-c", MAKE_CASTS)
        assert made.returncode == 0, made.stderr
        casts = [json.loads(line) for line in made.stdout.splitlines() if line.startswith("[[")]
        self._casts = [Cast(*(Person(*person) for person in cast)) for cast in casts]

    def next_cast(self) -> Cast:
        return self._casts.pop()

    def visitor(self, person: Person) -> Visitor:
        """Logged in with a browser."""
        visitor = Visitor(self.base_url)
        answer = visitor.log_in(person.username, PASSWORD)
        assert (answer.status, answer.headers.get("location")) == (302, "/"), answer
        return visitor

    def program(self, person: Person) -> Visitor:
        return Visitor(self.base_url, token=person.token)

    # servers and processes

    def stop(self, program: str) -> None:
        said = self.instance.supervisorctl("stop", program)
        assert said == f"{program}: stopped", said

    def start(self, program: str) -> None:
        said = self.instance.supervisorctl("start", program)
        assert said == f"{program}: started", said

    def pid(self, program: str) -> int:
        """0 while it does not run."""
        said = self.instance.supervisorctl("pid", program)
        return int(said) if said.isdigit() else 0

    @contextlib.contextmanager
    def fault(self, kind: str, program: str) -> Iterator[None]:
        """The program stopped, or with its clock stopped, for the block."""
        pid = self.pid(program)
        assert pid, f"{program} does not run"
        if kind == "stop":
            self.stop(program)
        else:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            if kind == "stop":
                self.start(program)
            else:
                os.kill(pid, signal.SIGCONT)

    def kill(self, program: str) -> psutil.Process:
        """With -9, its children left to themselves; the process that was."""
        process = psutil.Process(self.pid(program))
        process.kill()
        return process

    def wait_until_back(self, program: str, before: psutil.Process) -> None:
        wait_for(lambda: self.pid(program) not in (0, before.pid), RETURN_SECONDS, f"the return of {program}")

    def is_well(self) -> bool:
        return Visitor(self.base_url).get("/readyz").status == 200

    def web_log(self) -> str:
        return (self.instance.logs / "web.log").read_text()

    # what is true afterwards

    def drained(self) -> bool:
        """Whether every event is delivered and every count folded."""
        with psycopg.connect(self.instance.urls["DATABASE_URL"]) as connection:
            cursor = connection.execute(
                "SELECT NOT EXISTS(SELECT 1 FROM outbox WHERE done_at IS NULL)"
                " AND NOT EXISTS(SELECT 1 FROM count_deltas)"
            )
            row = cursor.fetchone()
        return bool(row and row[0])

    def stored(self, cast: Cast) -> dict[int, str]:
        with psycopg.connect(self.instance.urls["DATABASE_URL"]) as connection:
            rows = connection.execute(
                "SELECT id, text FROM tweets WHERE author_id = ANY(%s) ORDER BY id DESC", [[cast.pages.id, cast.api.id]]
            )
            return dict(rows.fetchall())

    def home_ids(self, person: Person) -> list[int]:
        """The whole home timeline, page by page, as a program reads it."""
        program, ids = self.program(person), list[int]()
        cursor: str | None = ""
        while cursor is not None:
            answer = program.get(f"/api/users/{person.id}/timeline?limit=50&cursor={cursor}")
            assert answer.status == 200, answer
            page = json.loads(answer.body)
            ids += [int(tweet["id"]) for tweet in page["results"]]
            cursor = page["next"]
        return ids

    def check(self, cast: Cast, traffic: Traffic) -> None:
        """Nothing acknowledged is lost, nothing is there twice, and the product's own checks find no drift."""
        wait_for(self.drained, DRAIN_SECONDS, "the delivery of everything")
        assert traffic.acknowledged
        stored = self.stored(cast)
        texts = list(stored.values())
        assert sorted(set(texts)) == sorted(texts)
        assert set(traffic.acknowledged) <= set(texts)
        assert self.home_ids(cast.reader) == list(stored)
        for author in (cast.pages, cast.api):
            assert len(self.home_ids(author)) == sum(text.startswith(author.username[:3]) for text in texts)
        self.assert_no_drift()
        assert slow(traffic.answers) == []

    def assert_no_drift(self) -> None:
        """By the product's own checks of timelines and counts."""
        said = self.instance.run("manage.py", "shell", "-v0", "-c", CHECK).stdout
        assert [line.rpartition(" ")[2] for line in said.splitlines()] == ["drift=0", "drift=0"], said


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    with ThrowAway() as instance:
        yield Installation(instance)


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return installation.next_cast()


@pytest.fixture
def traffic(installation: Installation, cast: Cast) -> Traffic:
    """Everybody has posted and read before."""
    page_author = installation.visitor(cast.pages)
    api_author = installation.program(cast.api)
    for person in (cast.reader, cast.pages, cast.api):
        installation.home_ids(person)
    return Traffic(installation.base_url, page_author=page_author, api_author=api_author, reader=cast.reader)
