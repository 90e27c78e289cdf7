"""Servers for tests: an embedded PostgreSQL that need not survive a crash, and Valkeys, in a temporary directory.

    with TestServers() as servers:
        os.environ.update(servers.urls)

With DATABASE_URL or REDIS_URL in the environment those servers are used instead: Django makes its own test database
beside yours, and of Redis the highest databases are taken, which must be empty.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from socialgraph.local_stack import serverdir
from socialgraph.local_stack.datadir import DataDir
from socialgraph.local_stack.environment import DATABASE_VARIABLE, ROLE_VARIABLES, named_urls, with_database
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.locks import FileLock
from socialgraph.local_stack.postgres import Postgres
from socialgraph.local_stack.process import ServerProcess
from socialgraph.local_stack.servers import embedded, urls_of, wait_until_answering
from socialgraph.local_stack.valkey import ROLES, Valkey

REDIS_DATABASES = 16  # what a Redis or Valkey has unless told otherwise
PREFIX = "socialgraph-tests-"


class TestServers:
    """`urls` for the settings, `postgres` and `valkey[role]` to stop, kill and freeze (embedded ones only).

    With separate_valkeys each role is a process of its own; without, all three are databases of one.
    """

    __test__ = False  # not a test, whatever pytest makes of the name

    def __init__(
        self,
        *,
        with_postgres: bool = True,
        with_valkey: bool = True,
        separate_valkeys: bool = False,
        worker: int = 0,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._wanted = [DATABASE_VARIABLE] * with_postgres + [*ROLE_VARIABLES.values()] * with_valkey
        self._separate_valkeys = separate_valkeys
        self._worker = worker
        self._processes: list[ServerProcess] = []
        self.urls: dict[str, str] = {}
        self.directory = Path()
        self._lock = FileLock(Path())

    def __enter__(self) -> Self:
        _remove_abandoned()
        self.directory = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self.directory.chmod(0o711)  # the servers' account goes through it
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def postgres(self) -> ServerProcess:
        return next(process for process in self._processes if isinstance(process.server, Postgres))

    @property
    def valkey(self) -> dict[str, ServerProcess]:
        """By role; the same process three times, when all roles share one."""
        found = {process.server.role: process for process in self._processes if isinstance(process.server, Valkey)}
        return dict.fromkeys(ROLES, found["all"]) if "all" in found else found

    def heal(self) -> None:
        """Thaws and starts whatever a test left frozen or dead."""
        for process in self._processes:
            process.thaw()
            if not process.is_running:
                process.start()

    def flush(self) -> None:
        """Empties the three Valkey databases of this instance, and no other."""
        for url in {self.urls[variable] for variable in ROLE_VARIABLES.values() if variable in self.urls}:
            with redis.Redis.from_url(url) as client:
                client.flushdb()

    def close(self) -> None:
        if not self.valkey and self.directory.exists():  # a person's own Redis is left as it was found
            with contextlib.suppress(redis.RedisError):
                self.flush()
        for process in self._processes:
            process.kill()
        _remove(self.directory)
        self._lock.release()

    def _start(self) -> None:
        own = {name: url for name, url in self._own_urls().items() if name in self._wanted}
        data_dir = DataDir.open(self.directory)
        self._lock = FileLock(data_dir.path / "lock")
        self._lock.take()
        servers = embedded(
            data_dir,
            self._environ,
            variables=[name for name in self._wanted if name not in own],
            for_tests=True,
            one_valkey=not self._separate_valkeys,
        )
        self._processes = [ServerProcess(server, data_dir, dies_with_parent=True) for server in servers]
        for process in self._processes:
            process.launch()
        running = {process.server.name: process for process in self._processes}
        wait_until_answering(servers, logs=data_dir.logs, is_alive=lambda server: running[server.name].is_running)
        self.urls = urls_of(servers) | own

    def _own_urls(self) -> dict[str, str]:
        own = named_urls(self._environ)
        if "REDIS_URL" in self._environ or any(variable in own for variable in ROLE_VARIABLES.values()):
            for place, variable in enumerate(ROLE_VARIABLES.values()):
                if variable not in own:
                    raise CannotRun(f"Tests use one Redis for all roles or none: set REDIS_URL, or {variable} as well.")
                own[variable] = self._empty_database(own[variable], place)
        return own

    def _empty_database(self, url: str, place: int) -> str:
        """From the highest database down, three for each worker, so that a person's own content is never touched."""
        number = REDIS_DATABASES - 1 - self._worker * len(ROLES) - place
        if number < len(ROLES):
            raise CannotRun(f"Your Redis has {REDIS_DATABASES} databases: too few for so many test processes (-n 4).")
        chosen = with_database(url, number)
        with redis.Redis.from_url(chosen) as client:
            if client.dbsize():
                raise CannotRun(f"Database {number} of your Redis is not empty; tests would empty it. Flush it first.")
        return chosen


def _remove_abandoned() -> None:
    """What a killed run left. Its servers died with it; the kernel released its lock."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = FileLock(directory / "lock")
        if directory.stat().st_uid == os.geteuid() and lock.path.exists() and lock.take():
            _remove(directory.resolve())
            lock.release()


def _remove(directory: Path) -> None:
    """Harmless when it was never made, or is gone."""
    if not directory.name.startswith(PREFIX):
        return
    serverdir.remove(DataDir(directory))
    shutil.rmtree(directory, ignore_errors=True)
