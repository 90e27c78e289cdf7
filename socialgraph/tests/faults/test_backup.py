"""The back-up of docs/operations.md, and its restoring, by the very commands that stand there."""

import os
import subprocess
from pathlib import Path

import pytest

from socialgraph.local_stack.binaries import find_programs
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.tests.faults.conftest import Cast, Installation, wait_for

pytestmark = pytest.mark.serial

COMMANDS = [line.strip() for line in (REPOSITORY / "docs/operations.md").read_text().splitlines()]
[BACK_UP] = [line for line in COMMANDS if line.startswith("pg_dump ")]
[RESTORE] = [line for line in COMMANDS if line.startswith("pg_restore ")]


def run(installation: Installation, command: str, directory: Path) -> None:
    programs = Path(find_programs().postgres).parent
    environment = installation.instance.environment | {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(command, shell=True, cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_restored_backup_is_what_was_backed_up(installation: Installation, cast: Cast, tmp_path: Path) -> None:
    author = installation.program(cast.api)
    assert author.send_json("/api/tweets", {"text": "before"}).status == 201
    wait_for(installation.drained, 30, "the delivery")
    before = installation.home_ids(cast.reader)
    run(installation, BACK_UP, tmp_path)
    assert author.send_json("/api/tweets", {"text": "after"}).status == 201
    wait_for(lambda: len(installation.home_ids(cast.reader)) == 2, 30, "the delivery")

    installation.instance.supervisorctl("stop", "app:*")
    run(installation, RESTORE, tmp_path)
    for command in ("migrate", "rebuild_timelines"):
        done = installation.instance.run("manage.py", command, "-v0")
        assert done.returncode == 0, done.stderr
    installation.instance.supervisorctl("start", "app:*")
    wait_for(installation.is_well, 60, "the first answer")

    assert installation.home_ids(cast.reader) == before
    installation.assert_no_drift()
    assert author.send_json("/api/tweets", {"text": "again"}).status == 201
    wait_for(lambda: len(installation.home_ids(cast.reader)) == 2, 60, "the delivery")
