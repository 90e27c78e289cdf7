"""One server as a child process, for a command's duration or a test's; under `up`, supervisor does this instead."""

import contextlib
import signal
import subprocess
from pathlib import Path

import psutil

from socialgraph.local_stack import leftovers
from socialgraph.local_stack.account import launcher
from socialgraph.local_stack.datadir import DataDir
from socialgraph.local_stack.servers import Server, wait_until_answering

STOP_SECONDS = 30


class ServerProcess:
    """Starts, stops and disturbs a server. start() and stop() are harmless when there is nothing to do."""

    def __init__(self, server: Server, data_dir: DataDir, *, dies_with_parent: bool) -> None:
        self.server = server
        self._data_dir = data_dir
        self._dies_with_parent = dies_with_parent
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def log(self) -> Path:
        return self._data_dir.logs / f"{self.server.name}.log"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Starts the process without waiting for its answer. From the main thread, when it is to die with its parent:
        the kernel counts a thread's end as the parent's."""
        if self.is_running:
            return
        self.server.prepare()
        command = launcher(
            self.server.command,
            directory=self.server.home.path / self.server.name,
            parent_death_signal=self.server.stop_signal if self._dies_with_parent else "",
            account=self.server.home.account,
            data_directory=self._data_dir.path,
        )
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def start(self) -> None:
        """Back only when the server answers."""
        self.launch()
        wait_until_answering([self.server], logs=self._data_dir.logs, is_alive=lambda _: self.is_running)

    def stop(self) -> None:
        """As an operator would: sessions are cut, data is kept."""
        if self._process is None or not self.is_running:
            return
        self.thaw()
        self._process.send_signal(signal.Signals[f"SIG{self.server.stop_signal}"])
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9 of the server and its children, as a crash would be; back when all of them are gone."""
        family = self._family()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process:
            self._process.wait()
        leftovers.wait_until_gone(family, seconds=STOP_SECONDS)

    def freeze(self) -> None:
        """Stops the server's clock: connections stay open and nothing answers."""
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _family(self) -> list[psutil.Process]:
        if self._process is None or not self.is_running:
            return []
        try:
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
