"""A whole installation for a while: `up` on a temporary directory, for benches, and for tests that break things.

It never touches another installation: servers, ports, database and files are its own, and are gone afterwards.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from socialgraph.local_stack import leftovers, ports, serverdir
from socialgraph.local_stack.account import launcher
from socialgraph.local_stack.datadir import REPOSITORY, DataDir
from socialgraph.local_stack.environment import URL_VARIABLES
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.locks import FileLock

PREFIX = "socialgraph-throwaway-"
START_SECONDS = 150
STOP_SECONDS = 90
SETTLED = {*URL_VARIABLES, "REDIS_URL", "DATA_DIR", "SECRET_KEY", "ALLOWED_HOSTS", "STATIC_ROOT", "MEDIA_ROOT"}


class ThrowAway:
    """`with ThrowAway() as instance:` is back when /health is green. Raises CannotRun with what `up` said."""

    def __init__(self, *, port: int | None = None, **environment: str) -> None:
        self.port = port or ports.choose()
        self.base_url = f"http://{ports.LOCAL_HOST}:{self.port}"
        self.directory = Path()
        self.urls: dict[str, str] = {}
        inherited = {name: value for name, value in os.environ.items() if name not in SETTLED}
        self._environ: Mapping[str, str] = inherited | {"LOCAL": "on"} | environment
        self._process: subprocess.Popen[bytes] | None = None

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
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to work on this installation."""
        secret = DataDir(self.directory).secret("secret-key")
        return {**self._environ, **self.urls, "DATA_DIR": str(self.directory), "SECRET_KEY": secret}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`python <arguments>` to its end, in the repository, on this installation; its output is kept apart."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def supervisorctl(self, *arguments: str) -> str:
        """`stop servers:valkey-cache`, `pid app:web` …; what supervisor answers."""
        configuration = str(self.directory / "run" / "supervisord.conf")
        return self.run("-m", "supervisor.supervisorctl", "-c", configuration, *arguments).stdout.strip()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
        _remove(self.directory)

    def _start(self) -> None:
        command = ["-m", "socialgraph.local_stack", "up", "--no-demo", "--port", str(self.port)]
        data_dir = DataDir(self.directory)
        said = self.directory.parent / f"{self.directory.name}.said"
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                launcher(
                    [sys.executable, *command, "--data-dir", str(self.directory)],
                    directory=REPOSITORY,
                    parent_death_signal="TERM",
                ),
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + START_SECONDS
            while (variables := data_dir.read_servers_env()) is None:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    lines = [line for line in said.read_text().splitlines() if not line.endswith("…")]
                    raise CannotRun("\n".join(lines) or f"Not ready after {START_SECONDS} s; it said nothing.")
                time.sleep(0.05)
        finally:
            said.unlink()
        self.urls = {name: variables[name] for name in URL_VARIABLES}


def _remove_abandoned() -> None:
    """What a killed run left. Its processes ended with it; the kernel released its lock."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = FileLock(directory / "lock")
        if directory.is_dir() and directory.stat().st_uid == os.geteuid() and lock.path.exists() and lock.take():
            _remove(directory.resolve())
            lock.release()


def _remove(directory: Path) -> None:
    """Harmless when it was never made, or is gone."""
    if directory.name.startswith(PREFIX) and directory.exists():
        leftovers.end(directory)
        serverdir.remove(DataDir(directory))
        shutil.rmtree(directory, ignore_errors=True)
