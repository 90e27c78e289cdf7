"""Locks on files: the kernel releases them when their holder ends, even by kill -9."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from socialgraph.local_stack.errors import CannotRun


class FileLock:
    """One holder (or many, when shared) of a lock file. Not for several threads of a process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self, *, shared: bool = False, wait_seconds: float = 0) -> bool:
        """True once held; False when others still hold it after the wait."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(file)
                    return False
                time.sleep(0.05)
            else:
                self._file = file
                return True

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._file = None


class Exclusively:
    """`with Exclusively(path, wait_seconds=…)`: raises CannotRun when others keep the lock longer than that."""

    def __init__(self, path: Path, *, wait_seconds: float) -> None:
        self._lock = FileLock(path)
        self._wait_seconds = wait_seconds

    def __enter__(self) -> None:
        if not self._lock.take(wait_seconds=self._wait_seconds):
            raise CannotRun(f"{self._lock.path} is locked by another process: wait for it, or end it.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
