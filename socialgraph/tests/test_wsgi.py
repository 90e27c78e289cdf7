"""How the site is loaded by a WSGI server."""

import os
import subprocess
import sys

from socialgraph.local_stack.datadir import REPOSITORY

ASK = "import gc, socialgraph.wsgi; print(gc.get_freeze_count(), len(gc.get_objects()))"


def test_the_garbage_collector_leaves_what_is_loaded_alone() -> None:
    said = subprocess.run([sys.executable, "-c", ASK], cwd=REPOSITORY, env=os.environ, capture_output=True, check=True)
    frozen, looked_at = map(int, said.stdout.split())
    assert frozen > 50_000
    assert looked_at < frozen / 20
