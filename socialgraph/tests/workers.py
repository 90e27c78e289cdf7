"""Real Celery processes for tests, on the servers and the database of the test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from socialgraph.models import OutboxEvent


def environment(**changes: str) -> dict[str, str]:
    """What a process needs to work on this test's database and servers."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database)
    return {
        **os.environ,
        "DATABASE_URL": url,
        "TIMELINES_URL": settings.TIMELINES_URL,
        "CACHE_URL": settings.CACHE_URL,
        "BROKER_URL": settings.BROKER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "LOCAL": "on",
        **changes,
    }


@contextmanager
def celery(log: Path, *arguments: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """`celery -A socialgraph <arguments>` in a process group of its own, ended with the block."""
    command = [sys.executable, "-m", "celery", "-A", "socialgraph", *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment(**changes),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The whole group, with -9: nothing gets to clean up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def fan_out_worker(log: Path, **changes: str):  # type: ignore[no-untyped-def]  # the context manager of celery()
    return celery(log, "worker", "-Q", "fanout", "-c", "1", "--without-gossip", "--without-mingle", **changes)


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Polls every few milliseconds; fails the test, saying what did not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.005)


def nothing_pending() -> bool:
    return not OutboxEvent.objects.filter(done_at=None).exists()
