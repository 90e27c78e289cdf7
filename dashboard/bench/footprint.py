"""What the product weighs: memory of its processes, time to start, requirements, middleware."""

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings

from accounts.models import User
from dashboard.bench import client, data
from dashboard.bench.home import LIMIT, NotTheSame, html_request
from dashboard.bench.sizes import Installation, size
from socialgraph.local_stack import ports
from socialgraph.local_stack.datadir import REPOSITORY

TWEETS = 2_000
CONNECTIONS = 8
START_SECONDS = 150
STOP_SECONDS = 60
MODULES_SHOWN = 15
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==", re.MULTILINE)
NOT_SHIPPED = "# Tests and debugging"


@dataclass(frozen=True)
class Sizes:
    requests: int = size(1_000, "pages of home before memory is looked at again", quick=16)
    runs: int = size(5, "of each start of a process", quick=1)
    starts: int = size(2, "of a whole installation, each way", quick=1)
    empty: int = size(3_000, "requests with each stack of middleware", quick=50)


def run(sizes: Sizes, installation: Installation) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, figures)"""
    before = _memory(installation.web_pid)
    _read_home(installation, sizes.requests)
    after = _memory(installation.web_pid)
    described = {"requests": sizes.requests, "tweets": TWEETS, "page": LIMIT, "connections": CONNECTIONS}
    return described, {
        "memory_mb": {"at_first": before, "after_requests": after},
        "process_start": _process_starts(sizes.runs),
        "import_ms": _import_times(),
        "up_seconds": _up(sizes.starts),
        "requirements": _requirements(),
        "middleware_us": _middleware(sizes.empty),
    }


# Memory ---------------------------------------------------------------------------------------------------------------


def _memory(web_pid: int) -> dict[str, dict[str, float]]:
    """By role, in MB: resident, and the own share of what processes have in common."""
    supervisor = psutil.Process(web_pid).parent()
    if supervisor is None:
        raise NotTheSame("the web server has no supervisor")
    found: dict[str, dict[str, float]] = defaultdict(lambda: {"processes": 0, "resident": 0.0, "own_share": 0.0})
    for program in supervisor.children():
        row = found[_role(program.cmdline())]
        for process in (program, *program.children(recursive=True)):
            try:
                memory = process.memory_full_info()
            except psutil.NoSuchProcess:  # a session of PostgreSQL's that ended just now
                continue
            row["processes"] += 1
            row["resident"] += memory.rss / 1e6
            row["own_share"] += memory.pss / 1e6
    sums = {name: sum(row[name] for row in found.values()) for name in ("processes", "resident", "own_share")}
    return {
        role: {name: round(value, 1) for name, value in row.items()} for role, row in {**found, "all": sums}.items()
    }


def _role(command: list[str]) -> str:
    if "granian" in command:
        return "web"
    if "--queues" in command:
        return f"worker {command[command.index('--queues') + 1]}"
    return "beat" if "beat" in command else Path(command[0]).name


def _read_home(installation: Installation, count: int) -> None:
    authors = data.people(10, "a")
    data.posts(authors, TWEETS // len(authors))
    readers = data.people(CONNECTIONS, "r")
    data.follow(readers, authors)
    pages = [html_request(user, f"/?limit={LIMIT}") for user in User.objects.filter(pk__in=readers)]
    for _ in range(max(1, count // CONNECTIONS)):
        answered = client.load(installation.base_url, pages, 0.0)
        if set(answered.statuses) != {200}:
            raise NotTheSame(f"answers {dict(answered.statuses)}")


# Start ----------------------------------------------------------------------------------------------------------------


def _process_starts(runs: int) -> dict[str, dict[str, float]]:
    """Medians, in milliseconds, from the call to the exit of the process."""
    ways = {
        "python alone": ["-c", "pass"],
        "settings and models": ["-c", "import django; django.setup()"],
        "the site": ["-c", "import socialgraph.wsgi"],
        "manage.py version": ["manage.py", "version"],
    }
    figures = {}
    for name, arguments in ways.items():
        timed = [_timed(arguments) for _ in range(runs)]
        wall, processor = (statistics.median(values) for values in zip(*timed, strict=True))
        figures[name] = {"ms": round(wall, 1), "processor_ms": round(processor, 1)}
    return figures


def _timed(arguments: list[str]) -> tuple[float, float]:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    began, before = time.perf_counter(), spent()
    subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True)
    return 1000 * (time.perf_counter() - began), 1000 * (spent() - before)


def _import_times() -> dict[str, float]:
    """Milliseconds that the site spends importing, by package, the longest first; each module's own time alone."""
    command = [sys.executable, "-X", "importtime", "-c", "import socialgraph.wsgi"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stderr
    spent: dict[str, float] = defaultdict(float)
    modules = 0
    for microseconds, name in _IMPORT.findall(said):
        spent[name.partition(".")[0]] += int(microseconds) / 1000
        modules += 1
    longest = sorted(spent.items(), key=lambda item: -item[1])
    shown = {name: round(value, 1) for name, value in longest[:MODULES_SHOWN]}
    return {"modules": modules, "all": round(sum(spent.values()), 1), **shown}


def _up(starts: int) -> dict[str, float]:
    """Medians, from the command to the first page: with nothing there but the requirements, and with all there."""
    took: dict[str, list[float]] = {"from_nothing": [], "again": []}
    for _ in range(starts):
        with tempfile.TemporaryDirectory(prefix="socialgraph-footprint-") as directory:
            Path(directory).chmod(0o711)  # the servers' account goes through it
            for name in took:
                with _started(Path(directory) / "data") as seconds:
                    took[name].append(seconds)
    return {name: round(statistics.median(values), 2) for name, values in took.items()}


@contextmanager
def _started(data_dir: Path) -> Iterator[float]:
    port = ports.choose()
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL") and name != "DATA_DIR"}
    command = ["-m", "socialgraph.local_stack", "up", "--no-demo", "--port", str(port), "--data-dir", str(data_dir)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=REPOSITORY,
        env=kept | {"LOCAL": "on"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(f"http://{ports.LOCAL_HOST}:{port}/"):
            if process.poll() is not None or time.perf_counter() - began > START_SECONDS:
                raise NotTheSame("an installation did not start")
            time.sleep(0.02)
        yield time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # nosec B310 # an address of this machine
            return bool(answer.status == 200)
    except OSError:
        return False


# Requirements ---------------------------------------------------------------------------------------------------------


def _requirements() -> dict[str, Any]:
    """What requirements.txt pins and an image holds; in MB, the largest by name."""
    text = (REPOSITORY / "requirements.txt").read_text().partition(NOT_SHIPPED)[0]
    sizes = {}
    for name in _PINNED.findall(text):
        try:
            files = distribution(name).files or []
        except PackageNotFoundError:
            continue  # for another version of Python
        paths = [Path(str(file.locate())) for file in files]
        sizes[name] = sum(path.stat().st_size for path in paths if path.exists()) / 1e6
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:MODULES_SHOWN]
    return {
        "distributions": len(sizes),
        "all_mb": round(sum(sizes.values()), 1),
        "largest_mb": {name: round(value, 1) for name, value in largest},
    }


# Middleware -----------------------------------------------------------------------------------------------------------


def _middleware(requests: int) -> dict[str, float]:
    """Microseconds of processor time of an empty view in process, and what each one adds to those before it."""
    names = list(settings.MIDDLEWARE)
    asks = [_asking(names[:count]) for count in range(len(names) + 1)]
    spent = [0.0] * len(asks)
    rounds = 10
    for turn in range(-1, rounds):
        for place, ask in enumerate(asks):
            began = time.process_time()
            for _ in range(max(1, requests // rounds)):
                ask()
            if turn >= 0:
                spent[place] += time.process_time() - began
    each = [1e6 * seconds / (max(1, requests // rounds) * rounds) for seconds in spent]
    added = {name: round(each[n + 1] - each[n], 1) for n, name in enumerate(names)}
    return {"none": round(each[0], 1), **added, "all": round(each[-1], 1)}


def _begin(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Callable[[bytes], object]:
    return lambda _: None


def _asking(middleware: list[str]) -> Callable[[], None]:
    """A handler of its own with these alone, as a WSGI server calls it."""
    with override_settings(MIDDLEWARE=middleware):
        handler = WSGIHandler()

    def ask() -> None:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/bench/empty",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
        }
        response = handler(environ, _begin)
        b"".join(response)
        response.close()

    return ask
