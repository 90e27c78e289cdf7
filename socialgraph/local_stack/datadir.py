"""DATA_DIR: everything that one local installation keeps, and who may use it."""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from socialgraph.local_stack.account import pwd_name
from socialgraph.local_stack.errors import CannotRun

REPOSITORY = Path(__file__).resolve().parents[2]
MARKER_NAME = ".socialgraph"
MARKER_TEXT = "A data directory of Socialgraph: scripts/up --reset may empty it.\n"
KEPT_BY_RESET = {MARKER_NAME, "lock", "users.lock", "servers.lock"}
FREE_BYTES_TO_CREATE = 256 * 2**20  # PostgreSQL's first files and its log: some 80 MB, and 40 MB of programs as root
FREE_BYTES_TO_RUN = 64 * 2**20  # the next segments of PostgreSQL's log
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class DataDir:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.run = path / "run"
        self.servers_env = path / "servers.env"

    @classmethod
    def open(cls, path: Path) -> "DataDir":
        """Makes the directory on first use. Raises CannotRun unless it is this account's own, writable and ours."""
        path = path.expanduser().absolute()
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            path = path.resolve(strict=True)
            owner = path.stat().st_uid
            if owner != os.geteuid():
                raise CannotRun(
                    f"The data directory {path} belongs to {pwd_name(owner)}, not to {pwd_name(os.geteuid())}: "
                    "run as its owner, or name another one with --data-dir or DATA_DIR."
                )
            if not (path / MARKER_NAME).exists():
                if any(path.iterdir()):
                    raise CannotRun(f"{path} is not empty and not a data directory of Socialgraph: name another one.")
                (path / MARKER_NAME).write_text(MARKER_TEXT)
            data_dir = cls(path)
            for directory in (data_dir.logs, data_dir.run):
                directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise CannotRun(f"The data directory {path} cannot be used: {reason(error)}.") from None
        return data_dir

    def check_space(self) -> None:
        needed = FREE_BYTES_TO_RUN if (self.path / "servers").exists() else FREE_BYTES_TO_CREATE
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise CannotRun(
                f"The disk of {self.path} is full: {free // 2**20} MB free, at least {needed // 2**20} MB are needed."
            )

    def reset(self) -> None:
        """Deletes everything but the locks. For the holder of the locks only."""
        for entry in self.path.iterdir():
            if entry.name in KEPT_BY_RESET:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self.logs.mkdir(mode=0o700)
        self.run.mkdir(mode=0o700)

    def secret(self, name: str) -> str:
        """A random value, made on first use and kept; letters and digits only, so that it stands in a URL as it is."""
        return self._kept(name, lambda: secrets.token_hex(32))

    def password(self, name: str) -> str:
        """The same, of 80 bits, for people who read and type it."""
        letters = "abcdefghijkmnpqrstuvwxyz23456789"  # none that looks like another
        return self._kept(name, lambda: "-".join("".join(secrets.choice(letters) for _ in "1234") for _ in "1234"))

    def has_secret(self, name: str) -> bool:
        return (self.path / "secrets" / name).exists()

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.path / "secrets"
        path.mkdir(mode=0o700, exist_ok=True)
        if not self.has_secret(name):
            write_private(path / name, make())
        return (path / name).read_text()

    def remembered_ports(self) -> dict[str, int]:
        file = self.run / "ports.json"
        if not file.exists():
            return {}
        content: dict[str, int] = json.loads(file.read_text())
        return content

    def remember_ports(self, ports: dict[str, int]) -> None:
        write_private(self.run / "ports.json", json.dumps(ports))

    def write_servers_env(self, variables: dict[str, str]) -> None:
        write_private(self.servers_env, "".join(f"{name}={value}\n" for name, value in variables.items()))

    def read_servers_env(self) -> dict[str, str] | None:
        try:
            lines = self.servers_env.read_text().splitlines()
        except FileNotFoundError:
            return None
        return dict(line.split("=", 1) for line in lines)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def reason(error: OSError) -> str:
    return "the disk is full" if error.errno in DISK_FULL else (error.strerror or str(error))
