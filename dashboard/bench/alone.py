"""An installation whose workers stand still, so that every statement is one of the bench's own."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.bench.sizes import Installation
from socialgraph.local_stack.datadir import REPOSITORY


@contextmanager
def alone(installation: Installation) -> Iterator[None]:
    """Without the workers, whose statements would be counted too, and without a warning for each read."""
    configuration = str(installation.data_dir / "run" / "supervisord.conf")
    names = [f"app:{name}" for name in ("beat", "worker-fanout", "worker-default", "worker-periodic")]

    def tell(command: str) -> None:
        arguments = ["-m", "supervisor.supervisorctl", "-c", configuration, command, *names]
        subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True)

    tell("stop")
    logging.disable(logging.ERROR)  # without its server no list is pushed to
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        tell("start")
