"""`scripts/test`: every check of the repository, one after the other, whatever the ones before said."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from socialgraph.local_stack import pins
from socialgraph.local_stack.browser import find_browser
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.local_stack.environment import URL_VARIABLES
from socialgraph.local_stack.testing import TestServers

NO_TESTS_COLLECTED = 5  # pytest's exit code
PYTEST = ("-m", "pytest")
WORKERS = str(max(2, os.cpu_count() or 1))
# Settings load without servers here: these stages read code and never connect.
WITHOUT_SERVERS = {"SECRET_KEY": "only-to-load-the-settings", "LOCAL": "on"} | {
    name: "postgres://localhost/unused" if name == "DATABASE_URL" else "redis://localhost/0" for name in URL_VARIABLES
}
PRODUCTION = {"DEBUG": "off", "LOCAL": "off", "ALLOWED_HOSTS": "example.org"}

Result = str  # "ok", "FAILED" or "NOT RUN: why"


@dataclass(frozen=True)
class Stage:
    name: str
    run: Callable[[], Result]


def main(arguments: Sequence[str]) -> int:
    """Without arguments all stages; with names of stages these; anything else goes to pytest as it is."""
    named = {argument: _stages_called(argument) for argument in arguments}
    others = [argument for argument, stages in named.items() if not stages]
    if len(others) == len(named) > 0:
        return _python(*PYTEST, *arguments)
    if others:
        print(f"{' '.join(others)}: no stage. Give names of stages or arguments for pytest, not both.", file=sys.stderr)
        return 2
    results: list[tuple[str, Result, float]] = []
    for stage in [stage for stages in named.values() for stage in stages] or STAGES:
        print(f"\n=== {stage.name}", flush=True)
        started = time.monotonic()
        results.append((stage.name, stage.run(), time.monotonic() - started))
    print("\n=== summary")
    for name, result, seconds in results:
        print(f"{name:<16} {result}  ({seconds:.0f} s)")
    return int(any(result == "FAILED" for _, result, _ in results))


def _stages_called(name: str) -> list[Stage]:
    """The stage of that name, or those that begin with it: `ruff` is ruff-check and ruff-format."""
    return [stage for stage in STAGES if stage.name == name] or [
        stage for stage in STAGES if stage.name.startswith(f"{name}-")
    ]


def _python(*arguments: str, environment: Mapping[str, str] | None = None) -> int:
    inherited = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }  # see conftest.py
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=inherited | dict(environment or {}), check=False
    ).returncode


def _verdict(*codes: int) -> Result:
    return "FAILED" if any(codes) else "ok"


def _pins() -> Result:
    complaints = pins.complaints()
    for line in complaints:
        print(line)
    return _verdict(len(complaints), _python("-m", "pip", "--disable-pip-version-check", "check"))


def _ruff_check() -> Result:
    return _verdict(_python("-m", "ruff", "check", "--no-cache", "."))


def _ruff_format() -> Result:
    return _verdict(_python("-m", "ruff", "format", "--no-cache", "--check", "."))


def _mypy() -> Result:
    return _verdict(_python("-m", "mypy", "--strict", ".", environment=WITHOUT_SERVERS))


@contextmanager
def _server_environment() -> Iterator[dict[str, str]]:
    with TestServers() as servers:
        yield {**servers.urls, "DATA_DIR": str(servers.directory), "SECRET_KEY": secrets.token_urlsafe(64)}


def _migrations() -> Result:
    with _server_environment() as environment:
        return _verdict(
            _python("manage.py", "makemigrations", "--check", "--dry-run", environment=environment | {"LOCAL": "on"})
        )


def _deploy() -> Result:
    with _server_environment() as environment:
        return _verdict(
            _python("manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=environment | PRODUCTION)
        )


def _imports() -> Result:
    return _verdict(_python(*PYTEST, "-q", "socialgraph/tests/test_import_order.py"))


def _bandit() -> Result:
    """From medium severity on: the low ones are every subprocess and every random number."""
    options = ("--quiet", "--configfile", "pyproject.toml", "--severity-level", "medium", "--recursive", ".")
    return _verdict(_python("-m", "bandit", *options))


def _pytest_parallel() -> Result:
    return _pytest("not serial and not browser and not long", "-n", WORKERS, "--dist", "worksteal")


def _pytest_serial() -> Result:
    return _pytest("serial and not long", "--durations=5")


def _browser() -> Result:
    if find_browser() is None:
        return "NOT RUN: no Chromium (install chromium, or name one in CHROMIUM)"
    return _pytest("browser and not long", "-n", WORKERS, "--dist", "worksteal")


def _pytest(marks: str, *arguments: str) -> Result:
    code = _python(*PYTEST, "-q", "-m", marks, *arguments)
    return "NOT RUN: no test has these marks" if code == NO_TESTS_COLLECTED else _verdict(code)


STAGES = (
    Stage("requirements", _pins),
    Stage("ruff-check", _ruff_check),
    Stage("ruff-format", _ruff_format),
    Stage("mypy", _mypy),
    Stage("migrations", _migrations),
    Stage("deploy", _deploy),
    Stage("import-order", _imports),
    Stage("bandit", _bandit),
    Stage("pytest", _pytest_parallel),
    Stage("pytest-serial", _pytest_serial),
    Stage("browser", _browser),
)
