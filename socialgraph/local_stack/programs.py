"""What runs under the supervisor: the embedded servers first, then the product's own processes."""

import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from socialgraph.local_stack.account import launcher
from socialgraph.local_stack.datadir import REPOSITORY, DataDir
from socialgraph.local_stack.ports import LOCAL_HOST
from socialgraph.local_stack.servers import Server

WEB_WORKERS = 2  # processes; one for each core of a small machine
WEB_THREADS = 4  # in each: they overlap waits for PostgreSQL, the interpreter's lock allows no more than that
WEB_CONNECTIONS = 8_192
"""That each of them keeps open. granian counts idle ones too and by itself accepts 512: whoever came after that many
browsers waited until one of them left."""
WEB_BACKLOG = 4_096
WORKERS = {"fanout": 2, "default": 1, "periodic": 1}  # queue -> processes


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    log: Path
    stop_signal: str = "TERM"
    stop_as_group: bool = True

    @property
    def process_name(self) -> str:
        return self.name.partition(":")[2]


def server_programs(servers: Collection[Server], data_dir: DataDir) -> list[Program]:
    return [
        Program(
            name=f"servers:{server.name}",
            command=launcher(
                server.command,
                directory=server.home.path / server.name,
                parent_death_signal=server.stop_signal,
                account=server.home.account,
                data_directory=data_dir.path,
            ),
            log=data_dir.logs / f"{server.name}.log",
            stop_signal=server.stop_signal,
        )
        for server in servers
    ]


def app_programs(data_dir: DataDir, *, port: int) -> list[Program]:
    return [
        _app("web", _web(port), data_dir),
        # TERM to a worker's children would cut their tasks short; sent to the worker alone, it lets them finish.
        *(_app(f"worker-{queue}", _worker(queue), data_dir, stop_as_group=False) for queue in WORKERS),
        _app("beat", ["celery", "-A", "socialgraph", "beat", "--schedule", str(data_dir.run / "beat")], data_dir),
    ]


def _web(port: int) -> list[str]:
    return [
        *("granian", "--interface", "wsgi", "--host", LOCAL_HOST, "--port", str(port), "--no-ws"),
        *("--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--respawn-failed-workers"),
        *("--backlog", str(WEB_BACKLOG), "--backpressure", str(WEB_CONNECTIONS)),
        "socialgraph.local_stack.web:application",
    ]


def _worker(queue: str) -> list[str]:
    return [
        *("socialgraph.local_stack.worker", "-A", "socialgraph", "worker", "--queues", queue),
        *("--hostname", f"{queue}@%h", "--concurrency", str(WORKERS[queue])),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]


def _app(name: str, module_and_arguments: list[str], data_dir: DataDir, *, stop_as_group: bool = True) -> Program:
    command = launcher([sys.executable, "-m", *module_and_arguments], directory=REPOSITORY, parent_death_signal="TERM")
    return Program(f"app:{name}", command, data_dir.logs / f"{name}.log", stop_as_group=stop_as_group)
