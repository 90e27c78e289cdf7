"""Finds and ends the processes of a data directory whose supervisor was killed."""

import contextlib
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from socialgraph.local_stack.account import MARKER

STOP_SECONDS = 20  # what a worker in the middle of a batch and a PostgreSQL that writes its checkpoint may take


def of_data_directory(data_directory: Path) -> list[psutil.Process]:
    """The processes that carry the data directory's mark, or work inside its servers' directories.

    PostgreSQL overwrites its environment with its title, hence the second way to tell.
    """
    servers = (data_directory / "servers").resolve()
    return [
        process
        for process in psutil.process_iter()
        if process.pid != psutil.Process().pid
        and (_marked(process) == str(data_directory) or _works_in(process, servers))
    ]


def end(data_directory: Path) -> int:
    """Ends what is left, applications before servers; gives the number of processes found."""
    found = of_data_directory(data_directory)
    servers = (data_directory / "servers").resolve()
    _end([process for process in found if not _works_in(process, servers)])
    _end(of_data_directory(data_directory))
    return len(found)


def end_servers_in(directory: Path) -> None:
    _end([process for process in psutil.process_iter() if _works_in(process, directory)])


def wait_until_gone(processes: Iterable[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Gives those that still run. One that has ended and only waits for its parent to notice counts as gone."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def _end(processes: Iterable[psutil.Process]) -> None:
    """Asks the oldest of each family, which ends its own children in order; whoever is left after that is killed."""
    remaining = list(processes)
    pids = {process.pid for process in remaining}
    for process in remaining:
        _send(process, signal.SIGCONT)  # a stopped process would hear nothing else
    for process in remaining:
        if _parent(process) not in pids:
            _send(process, signal.SIGINT if _name(process) == "postgres" else signal.SIGTERM)
    alive = wait_until_gone(remaining, seconds=STOP_SECONDS)
    for process in alive:
        _send(process, signal.SIGKILL)
    wait_until_gone(alive, seconds=STOP_SECONDS)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _marked(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARKER)
    except (psutil.Error, OSError):
        return None


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(directory) and process.pid != psutil.Process().pid
    except (psutil.Error, OSError):
        return False


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""
