"""Where the embedded servers' own files lie: DATA_DIR/servers, or what it links to.

As root the servers run as an unprivileged account, which cannot enter a data directory below a directory closed to
others (/root, a private temporary directory). No permission there is changed: the servers' files then go to a fresh
directory below /var/lib/socialgraph, `DATA_DIR/servers` links to it, and its file `owner` names DATA_DIR. What a
deleted DATA_DIR left there is removed by the next start of any.
"""

import contextlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from socialgraph.local_stack import leftovers
from socialgraph.local_stack.account import Account
from socialgraph.local_stack.binaries import Programs, copy_programs
from socialgraph.local_stack.datadir import DataDir, write_private
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.locks import Exclusively

HOMES = Path("/var/lib/socialgraph")


@dataclass(frozen=True)
class ServerDir:
    path: Path
    programs: Programs
    account: Account

    def directory_for(self, server: str) -> Path:
        directory = self.path / server
        directory.mkdir(mode=0o700, exist_ok=True)
        self.account.give(directory)
        return directory

    def write(self, path: Path, text: str) -> None:
        """A settings file inside a server's directory, for the account's eyes only.

        The account owns that directory and could have put a link in the way, which root must not follow.
        """
        partial = path.with_name(f"{path.name}.partial")
        partial.unlink(missing_ok=True)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w") as stream:
            if not self.account.is_own:
                os.fchown(file, self.account.uid, self.account.gid)
            stream.write(text)
        partial.replace(path)


def prepare(data_dir: DataDir, account: Account, programs: Programs) -> ServerDir:
    link = data_dir.path / "servers"
    if account.is_own:
        link.mkdir(mode=0o700, exist_ok=True)
        return ServerDir(link, programs, account)
    if HOMES.exists():
        with Exclusively(HOMES / "lock", wait_seconds=60):
            collect_garbage()
    if link.is_symlink():
        path = _linked_home(data_dir, link)
    elif account.can_search(data_dir.path):
        link.mkdir(mode=0o711, exist_ok=True)
        path = link
    else:
        path = _new_home(data_dir, link, account)
    if not programs.usable_by(account):
        programs = copy_programs(programs, path)
    return ServerDir(path, programs, account)


def remove(data_dir: DataDir) -> None:
    """Deletes the servers' files wherever they lie."""
    link = data_dir.path / "servers"
    if link.is_symlink() and _owner(link.resolve()) == data_dir.path:
        _delete(link.resolve())
    elif link.is_dir() and not link.is_symlink():
        _delete(link)


def _delete(directory: Path) -> None:
    """Also while another process deletes the same leftover."""
    while directory.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)


def collect_garbage() -> None:
    """For the holder of the lock. A DATA_DIR on a file system that is not mounted now counts as existing."""
    for home in HOMES.iterdir():
        if home.is_dir() and (home / "owner").exists() and _is_orphan(home):
            leftovers.end_servers_in(home)
            shutil.rmtree(home)


def _new_home(data_dir: DataDir, link: Path, account: Account) -> Path:
    if link.exists():
        raise CannotRun(
            f"The servers' account {account.name} can no longer enter {data_dir.path}, where its databases are: "
            "open the directories above it (chmod o+x), or start with another data directory."
        )
    HOMES.mkdir(mode=0o711, parents=True, exist_ok=True)
    with Exclusively(HOMES / "lock", wait_seconds=60):
        home = HOMES / secrets.token_hex(8)
        home.mkdir(mode=0o711)
        _write_owner(home, data_dir)
        link.symlink_to(home)
    return home


def _linked_home(data_dir: DataDir, link: Path) -> Path:
    home = link.resolve()
    owner = _owner(home)
    if owner is None:
        raise CannotRun(f"{link} leads to {home}, which is gone: remove the link to start empty.")
    if owner != data_dir.path:
        if (owner / "servers").resolve() == home:
            raise CannotRun(f"{link} leads to the servers of {owner}: remove the link to start empty.")
        _write_owner(home, data_dir)  # the data directory was moved
    return home


def _write_owner(home: Path, data_dir: DataDir) -> None:
    content = {"data_directory": str(data_dir.path), "device": data_dir.path.stat().st_dev}
    write_private(home / "owner", json.dumps(content))


def _owner(home: Path) -> Path | None:
    with contextlib.suppress(FileNotFoundError):
        return Path(json.loads((home / "owner").read_text())["data_directory"])
    return None


def _is_orphan(home: Path) -> bool:
    content = json.loads((home / "owner").read_text())
    data_directory = Path(content["data_directory"])
    if os.path.realpath(data_directory / "servers") == str(home):
        return False
    nearest = next(path for path in (data_directory, *data_directory.parents) if path.exists())
    return bool(nearest.stat().st_dev == content["device"])
