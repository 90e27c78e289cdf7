"""The account that the embedded servers run as.

PostgreSQL refuses to run as root, and Valkey should not: as root both drop to an existing unprivileged account. An
ordinary user's servers run as that user.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from socialgraph.local_stack import launch
from socialgraph.local_stack.errors import CannotRun

MARKER = "SOCIALGRAPH_DATA_DIRECTORY"  # in the environment of every process of a data directory


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str

    @property
    def is_own(self) -> bool:
        return self.uid == os.geteuid()

    def give(self, path: Path) -> None:
        """Hands a file or directory of the data directory to the account."""
        if not self.is_own:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_search(self, directory: Path) -> bool:
        """Whether the account gets into the directory, found by trying: modes, ACLs and mounts all have a say."""
        return self.is_own or self._try(directory, os.X_OK)

    def can_execute(self, program: Path) -> bool:
        return self.is_own or self._try(program, os.R_OK | os.X_OK)

    def _try(self, path: Path, mode: int) -> bool:
        child = os.fork()
        if child == 0:
            reached = False
            try:
                launch.become(self.uid, self.gid)
                reached = os.access(path, mode)
            finally:
                os._exit(0 if reached else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def server_account(environ: Mapping[str, str]) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), pwd_name(os.geteuid()))
    name = environ.get("SERVER_ACCOUNT", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise CannotRun(
            f"There is no account {name!r} for the servers to run as; name another one in SERVER_ACCOUNT."
        ) from None
    if entry.pw_uid == 0:
        raise CannotRun("SERVER_ACCOUNT must be an unprivileged account: PostgreSQL refuses to run as root.")
    return Account(entry.pw_uid, entry.pw_gid, name)


def pwd_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def launcher(
    command: Sequence[str],
    *,
    directory: Path,
    parent_death_signal: str = "",
    account: Account | None = None,
    data_directory: Path | None = None,
) -> list[str]:
    """The command wrapped in launch.py. With an account, the environment is emptied but for the marker as well."""
    words = [sys.executable, "-I", "-S", launch.__file__, "--directory", str(directory)]
    if parent_death_signal:
        words += ["--parent-death-signal", parent_death_signal]
    if account:
        words += ["--only", "PATH=/usr/bin:/bin", "--only", "LC_ALL=C"]
        if data_directory:
            words += ["--only", f"{MARKER}={data_directory}"]
        if not account.is_own:
            words += ["--account", f"{account.uid}:{account.gid}"]
    return [*words, "--", *command]


def run_as(account: Account, command: Sequence[str], *, directory: Path, stdin: str = "") -> tuple[int, str]:
    """Runs a program of the servers to its end; gives the exit code and all that it said."""
    done = subprocess.run(
        launcher(command, directory=directory, account=account),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
