"""Servers for the tests, and settings that know them.

pytest-django would load the settings before this file, and so before there is any server to name in them, if
pyproject.toml named DJANGO_SETTINGS_MODULE: this file names it instead, and app-level conftests may import models.
"""

import atexit
import os

import django
import pytest
from django.conf import settings

from socialgraph import metrics
from socialgraph.local_stack.environment import ROLE_VARIABLES
from socialgraph.local_stack.testing import TestServers
from socialgraph.redis import page_retry

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw3" in a process that pytest-xdist started
REDIS_VARIABLES = ("REDIS_URL", *ROLE_VARIABLES.values())
PERSONS_REDIS = {name: os.environ[name] for name in REDIS_VARIABLES if name in os.environ}


def _start_servers() -> TestServers:
    """One PostgreSQL for the whole run, in the first process; each worker has a Valkey of its own.

    Without workers every role has its own Valkey, so that a test can stop one of them.
    """
    if settings.configured:
        raise pytest.UsageError("DJANGO_SETTINGS_MODULE is set, here or in pyproject.toml: remove it, see conftest.py.")
    servers = TestServers(separate_valkeys=not WORKER, worker=int(WORKER.removeprefix("gw") or 0))
    servers.__enter__()
    atexit.register(servers.close)
    (servers.directory / "static").mkdir()  # nothing is collected, but it is looked for
    os.environ |= servers.urls
    os.environ |= {"DATA_DIR": str(servers.directory), "SECRET_KEY": "for-tests-only-" * 5, "LOCAL": "on"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "socialgraph.settings"
    django.setup()
    del os.environ["DJANGO_SETTINGS_MODULE"]  # a worker would load its settings too early, see above
    return servers


SERVERS = _start_servers()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("tx", None):  # this process only hands tests out: its workers start from the person's Redis
        for name in REDIS_VARIABLES:
            os.environ.pop(name, None)
        os.environ |= PERSONS_REDIS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)  # stable: the others stay in their order


def pytest_unconfigure() -> None:
    metrics.end()  # nothing is to arrive in a person's own Redis after it was emptied
    SERVERS.close()


@pytest.fixture(scope="session")
def servers() -> TestServers:
    """To stop, kill and freeze servers: for tests marked serial, which have all of them for themselves."""
    if WORKER:
        pytest.fail("A test that disturbs servers must be marked serial and run without -n.")
    return SERVERS


@pytest.fixture(autouse=True)
def _fresh_valkey() -> None:
    """Every test starts with its servers up and its Valkey databases empty."""
    SERVERS.heal()
    SERVERS.flush()
    for url in (settings.TIMELINES_URL, settings.CACHE_URL):
        page_retry(url).try_again()


def pytest_report_header() -> str:
    return f"servers: {', '.join(sorted({url.rpartition('@')[2] for url in SERVERS.urls.values()}))}"
