"""What `manage.py bench` runs inside the installation that it made: benches, their sizes and results as JSON."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()  # the modules below are about models

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from dashboard.bench.catalogue import BENCHES  # noqa: E402
from dashboard.bench.sizes import Installation  # noqa: E402
from socialgraph.redis import timelines  # noqa: E402


def main(asked: str) -> None:
    """`asked`: by name of a bench its sizes, as JSON. Each begins with an empty database."""
    if User.objects.exists():
        sys.exit("There are people in this database: a bench runs on an empty one of its own, see manage.py bench.")
    installation = Installation(
        base_url=os.environ["BASE_URL"], web_pid=int(os.environ["WEB_PID"]), data_dir=Path(os.environ["DATA_DIR"])
    )
    found: dict[str, Any] = {}
    for name, sizes in json.loads(asked).items():
        if found:
            _empty()
        bench, began = BENCHES[name], time.monotonic()
        described, figures = bench.run(bench.Sizes(**sizes), installation)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        found[name] = {"data": described, "figures": figures}
    print(json.dumps({"servers": _servers(), "found": found}))


def _empty() -> None:
    call_command("flush", interactive=False, verbosity=0)
    timelines().flushdb()


def _servers() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgres] = cursor.fetchone()
    info = timelines().info()
    kind, version = info.get("server_name", "redis"), info.get("valkey_version", info["redis_version"])
    return {"postgresql": postgres, "timelines": f"{kind} {version}, {info['mem_allocator']}"}


if __name__ == "__main__":
    main(*sys.argv[1:])
