"""Servers for a manage.py command: those of the `up` that runs on DATA_DIR, else its own for as long as it runs.

Commands share the servers they start. Each holds `users.lock` shared; the last one out, who alone can hold it
exclusively, stops them. `up` holds it exclusively for its life. `servers.lock` is held only while somebody starts or
stops servers, so nobody sees them half up.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType

from socialgraph.local_stack import leftovers
from socialgraph.local_stack.datadir import MARKER_NAME, DataDir
from socialgraph.local_stack.environment import URL_VARIABLES, data_directory, local_defaults, named_urls
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.locks import Exclusively, FileLock
from socialgraph.local_stack.process import ServerProcess
from socialgraph.local_stack.servers import embedded, running, urls_of, wait_until_answering

NEED_NO_SERVER = {"help", "--help", "-h", "version", "--version"}
BRINGS_ITS_OWN = {"bench"}  # on servers that it starts itself it cannot touch anybody's data
WAIT_SECONDS = 180  # for another process that starts or stops the servers


@contextlib.contextmanager
def servers_for_command(arguments: Sequence[str]) -> Iterator[None]:
    """Puts what settings.py asks for into os.environ; ends the process with one line when that cannot be had."""
    named = named_urls(os.environ)
    if len(arguments) < 2 or arguments[1] in BRINGS_ITS_OWN or NEED_NO_SERVER & set(arguments[1:]):
        _settle_for_help()
        yield
        return
    if len(named) == len(URL_VARIABLES):
        os.environ |= named | _defaults_of_existing()
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            _attach(stack, named)
        except CannotRun as error:
            sys.exit(str(error))
        yield


def _attach(stack: contextlib.ExitStack, named: dict[str, str]) -> None:
    data_dir = DataDir.open(data_directory(os.environ))
    users = FileLock(data_dir.path / "users.lock")
    with _starting_or_stopping(data_dir):
        alone = users.take(shared=True)
        if alone:
            stack.callback(_leave, data_dir, users, os.getpid())
            stack.enter_context(_termination_as_exit())
            urls = _own_servers(data_dir, [name for name in URL_VARIABLES if name not in named])
    if not alone:
        urls = _running_servers(data_dir)
    os.environ |= local_defaults(data_dir, os.environ) | urls | named


def _own_servers(data_dir: DataDir, variables: Sequence[str]) -> dict[str, str]:
    """Those that another command started, else new ones; what a killed process left half running is ended first."""
    data_dir.servers_env.unlink(missing_ok=True)  # of an `up` that was killed
    if servers := running(data_dir, os.environ, variables=variables):
        return urls_of(servers)
    leftovers.end(data_dir.path)
    data_dir.check_space()
    servers = embedded(data_dir, os.environ, variables=variables)
    processes = {server.name: ServerProcess(server, data_dir, dies_with_parent=False) for server in servers}
    for process in processes.values():
        process.launch()
    wait_until_answering(servers, logs=data_dir.logs, is_alive=lambda server: processes[server.name].is_running)
    return urls_of(servers)


def _running_servers(data_dir: DataDir) -> dict[str, str]:
    """Those of `up`, which writes them down once they are ready."""
    deadline = time.monotonic() + WAIT_SECONDS
    users = FileLock(data_dir.path / "users.lock")
    while time.monotonic() < deadline:
        variables = data_dir.read_servers_env()
        if variables is not None:
            return {name: variables[name] for name in URL_VARIABLES}
        if users.take(shared=True):
            users.release()
            raise CannotRun("scripts/up ended while this command waited for it to be ready; run the command again.")
        time.sleep(0.2)
    raise CannotRun(f"scripts/up on {data_dir.path} was not ready within {WAIT_SECONDS} s.")


def _leave(data_dir: DataDir, users: FileLock, owner: int) -> None:
    if os.getpid() != owner:  # a forked child that came this way
        return
    with _starting_or_stopping(data_dir):
        users.release()
        if users.take():
            leftovers.end(data_dir.path)
            users.release()


def _starting_or_stopping(data_dir: DataDir) -> Exclusively:
    return Exclusively(data_dir.path / "servers.lock", wait_seconds=WAIT_SECONDS)


@contextlib.contextmanager
def _termination_as_exit() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does, by unwinding, so that its servers are stopped."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _defaults_of_existing() -> dict[str, str]:
    """With all servers named, the data directory matters only if it is there: production has none."""
    path = data_directory(os.environ)
    if not (path / MARKER_NAME).exists() or path.stat().st_uid != os.geteuid():
        return {}
    return local_defaults(DataDir(path.resolve()), os.environ)


def _settle_for_help() -> None:
    """Enough for the settings to load and the commands to describe themselves."""
    for name in (*URL_VARIABLES, "SECRET_KEY"):
        os.environ.setdefault(name, "unused://")
    os.environ.setdefault("LOCAL", "on")
