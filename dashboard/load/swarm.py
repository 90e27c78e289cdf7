"""Locust, in a process of its own, for one scenario."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from dashboard.load.errors import Refused
from dashboard.load.scenarios import SCENARIOS
from socialgraph.local_stack.account import launcher
from socialgraph.local_stack.datadir import REPOSITORY, write_private

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
SHOWN_LINES = 20


def run(name: str, plan: dict[str, Any], url: str, *, web_port: int | None = None) -> dict[str, Any]:
    """What `Crowd.save` wrote. Raises Refused when Locust did not get so far.

    The plan has tokens and sessions in it: it goes through a private directory, and never stands on a command line.
    """
    with tempfile.TemporaryDirectory(prefix="socialgraph-load-") as directory:
        place = Path(directory)
        write_private(place / "plan", json.dumps(plan))
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
        environment |= {"LOAD_PLAN": str(place / "plan"), "LOAD_RESULT": str(place / "result")}
        command = _command(name, len(plan["people"]), url, web_port)
        with (place / "said").open("wb") as said, _ctrl_c_for_locust_alone() if web_port else nullcontext():
            subprocess.run(
                launcher(command, directory=REPOSITORY, parent_death_signal="KILL"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
            )
        if not (place / "result").exists():
            lines = (place / "said").read_text(errors="replace").splitlines()[-SHOWN_LINES:]
            raise Refused("\n".join(["Locust gave no figures:", *lines]))
        found: dict[str, Any] = json.loads((place / "result").read_text())
        return found


@contextmanager
def _ctrl_c_for_locust_alone() -> Iterator[None]:
    """It ends its page with what was seen until then, and the test goes on with that."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _command(name: str, people: int, url: str, web_port: int | None) -> list[str]:
    """All users start as fast as they can, and wait for each other before the first of them asks for anything."""
    here = ["--headless"] if web_port is None else ["--web-host", "127.0.0.1", "--web-port", str(web_port)]
    sizes = ["--users", str(people), "--spawn-rate", str(people), "--host", url]
    quiet = ["--only-summary", "--loglevel", "WARNING", "--exit-code-on-error", "0", "--stop-timeout", "60"]
    return [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *here, *sizes, *quiet, SCENARIOS[name].__name__]
