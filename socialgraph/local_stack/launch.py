"""Becomes another program: as another account, in another directory, tied to its parent's life.

Run as a script (`python -I -S launch.py …`), so it imports the standard library only. The rights are dropped before the
environment is: until then the kernel hides this process's environment from the account, so a server never shows the
secrets of the process that started it.
"""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> None:
    """The kernel sends the signal when the parent (its thread) ends, however it ends. Linux only; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--account", help="uid:gid to run as")
    parser.add_argument("--directory", required=True)
    parser.add_argument("--parent-death-signal", default="")
    parser.add_argument("--only", action="append", help="NAME=value; given once or more, the whole new environment")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    parent = os.getppid()
    if options.account:
        uid, _, gid = options.account.partition(":")
        become(int(uid), int(gid))
        os.umask(0o077)
    if options.parent_death_signal:  # after the account: the kernel forgets the signal when rights change
        die_with_parent(signal.Signals[f"SIG{options.parent_death_signal}"])
        if os.getppid() != parent:
            sys.exit("The process that started this one is gone.")
    os.chdir(options.directory)
    environment = dict(pair.split("=", 1) for pair in options.only) if options.only else dict(os.environ)
    os.execve(options.command[0], options.command, environment)


if __name__ == "__main__":
    main()
