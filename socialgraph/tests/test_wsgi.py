"""How the site is loaded by a WSGI server."""

import os
import subprocess
import sys

from socialgraph.local_stack.datadir import REPOSITORY

ASK = """
import gc, sys, socialgraph.wsgi
print(gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0], "timelines.views.pages" in sys.modules)
"""


def test_the_garbage_collector_leaves_what_is_loaded_alone() -> None:
    said = subprocess.run([sys.executable, "-c", ASK], cwd=REPOSITORY, env=os.environ, capture_output=True, check=True)
    frozen, looked_at, new_ones, has_views = said.stdout.decode().split()
    assert has_views == "True"
    assert int(frozen) > 50_000
    assert int(looked_at) < int(frozen) / 20
    assert int(new_ones) > 10_000
