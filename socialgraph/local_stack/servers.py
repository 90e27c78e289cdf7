"""The embedded servers of a data directory, with their ports and passwords."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from socialgraph.local_stack import ports, serverdir
from socialgraph.local_stack.account import server_account
from socialgraph.local_stack.binaries import find_programs
from socialgraph.local_stack.datadir import DataDir
from socialgraph.local_stack.environment import DATABASE_VARIABLE, ROLE_VARIABLES
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.postgres import Postgres
from socialgraph.local_stack.serverdir import ServerDir
from socialgraph.local_stack.valkey import Valkey

START_SECONDS = 120  # PostgreSQL replays its log after a crash, Valkey its file of queued tasks


class Server(Protocol):
    """What a process manager needs to know of a server."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def home(self) -> ServerDir: ...
    @property
    def stop_signal(self) -> str: ...
    @property
    def command(self) -> list[str]: ...
    @property
    def url(self) -> str: ...
    def prepare(self) -> None: ...
    def answers(self) -> bool: ...


def embedded(
    data_dir: DataDir,
    environ: Mapping[str, str],
    *,
    variables: Collection[str],
    for_tests: bool = False,
    one_valkey: bool = False,
) -> list[Server]:
    """The servers behind those URL variables, to be started. Each keeps its port for as long as that is free."""
    if not variables:
        return []
    home = serverdir.prepare(data_dir, server_account(environ), find_programs())
    remembered = data_dir.remembered_ports()
    chosen: dict[str, int] = {}
    for name in _names(variables, one_valkey=one_valkey):
        port = remembered.get(name)
        taken = {*remembered.values(), *chosen.values()}
        chosen[name] = port if port and ports.is_free(port) else ports.choose(but=taken)
    data_dir.remember_ports(remembered | chosen)
    return [_server(data_dir, home, name, port, for_tests=for_tests) for name, port in chosen.items()]


def running(data_dir: DataDir, environ: Mapping[str, str], *, variables: Collection[str]) -> list[Server] | None:
    """The same servers, when all of them run already and know this data directory's passwords."""
    remembered = data_dir.remembered_ports()
    names = _names(variables, one_valkey=False)
    if not set(names) <= set(remembered) or not (data_dir.path / "servers").exists():
        return None
    home = serverdir.prepare(data_dir, server_account(environ), find_programs())
    servers = [_server(data_dir, home, name, remembered[name], for_tests=False) for name in names]
    return servers if all(server.answers() for server in servers) else None


def _names(variables: Collection[str], *, one_valkey: bool) -> list[str]:
    roles = [role for role, variable in ROLE_VARIABLES.items() if variable in variables]
    return ["postgres"] * (DATABASE_VARIABLE in variables) + (["all"] if one_valkey and roles else roles)


def _server(data_dir: DataDir, home: ServerDir, name: str, port: int, *, for_tests: bool) -> Server:
    password = data_dir.secret(name)
    if name == "postgres":
        return Postgres(home, port, password, data_dir.secret("superuser"), for_tests)
    return Valkey(home, name, port, password)


def urls_of(servers: Iterable[Server]) -> dict[str, str]:
    urls = {}
    for server in servers:
        if isinstance(server, Postgres):
            urls[DATABASE_VARIABLE] = server.url
        elif isinstance(server, Valkey) and server.role == "all":
            urls |= {variable: server.url_of(database) for database, variable in enumerate(ROLE_VARIABLES.values())}
        elif isinstance(server, Valkey):
            urls[ROLE_VARIABLES[server.role]] = server.url
    return urls


def wait_until_answering(servers: Collection[Server], *, logs: Path, is_alive: Callable[[Server], bool]) -> None:
    """Raises CannotRun when one ends, or does not answer for START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    waiting = list(servers)
    while waiting := [server for server in waiting if not server.answers()]:
        for server in waiting:
            if not is_alive(server):
                raise CannotRun(f"{server.name} ended while starting: {last_words(logs / f'{server.name}.log')}")
        if time.monotonic() > deadline:
            raise CannotRun(f"{waiting[0].name} did not answer for {START_SECONDS} s; see {logs}.")
        time.sleep(0.05)


def last_words(log: Path) -> str:
    """The last line of a log that says anything; of PostgreSQL's, the last complaint."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    complaints = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (complaints or lines or ["it said nothing"])[-1].strip()
