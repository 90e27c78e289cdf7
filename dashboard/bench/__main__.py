"""What `manage.py bench` runs inside the installation that it made: one bench, its options and results as JSON."""

import json
import os
import sys

import django

django.setup()  # the modules below are about models

from django.db import connection  # noqa: E402

from accounts.models import User  # noqa: E402
from dashboard.bench import bookmarks, erase, fan_out, home, search, threads  # noqa: E402
from dashboard.bench.bookmarks import BookmarkSizes  # noqa: E402
from dashboard.bench.home import Sizes  # noqa: E402
from dashboard.bench.search import SearchSizes  # noqa: E402
from dashboard.bench.threads import ThreadSizes  # noqa: E402
from socialgraph.redis import timelines  # noqa: E402


def main(name: str, options: str) -> None:
    if User.objects.exists():
        sys.exit("There are people in this database: a bench runs on an empty one of its own, see manage.py bench.")
    asked = json.loads(options)
    if name == "fan_out":
        described, figures = fan_out.run(**asked)
    elif name == "erase":
        described, figures = erase.run(**asked)
    elif name == "threads":
        described, figures = threads.run(ThreadSizes(**asked), os.environ["BASE_URL"])
    elif name == "search":
        described, figures = search.run(SearchSizes(**asked), os.environ["BASE_URL"])
    elif name == "bookmarks":
        described, figures = bookmarks.run(BookmarkSizes(**asked), os.environ["BASE_URL"])
    else:
        described, figures = home.run(Sizes(**asked), os.environ["BASE_URL"], int(os.environ["WEB_PID"]))
    print(json.dumps({"servers": _servers(), "data": described, "figures": figures}))


def _servers() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [postgres] = cursor.fetchone()
    info = timelines().info()
    kind, version = info.get("server_name", "redis"), info.get("valkey_version", info["redis_version"])
    return {"postgresql": postgres, "timelines": f"{kind} {version}, {info['mem_allocator']}"}


if __name__ == "__main__":
    main(*sys.argv[1:])
