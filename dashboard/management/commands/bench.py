import json
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis import Redis, RedisError

from dashboard.bench import report
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.throwaway import ThrowAway

NAMES = ("fan_out", "home", "erase", "threads", "bookmarks", "search")
NO_CELEBRITIES = "1000000000"


class Command(BaseCommand):
    help = (
        "Measures the product on an installation that it makes for this and deletes afterwards: servers, database and"
        " web server of its own in a temporary directory. It touches no data of any other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=[*NAMES, "all"])
        parser.add_argument("--json", action="store_true", help="one JSON object: machine, data, figures")
        parser.add_argument("--port", type=int, help="of the web server (default: a free one)")
        parser.add_argument("--timelines-url", help="an empty Redis or Valkey database to measure; emptied afterwards")
        fan_out = parser.add_argument_group("fan_out")
        fan_out.add_argument("--followers", type=_sizes, default="1000,10000,100000", help="audiences, with commas")
        fan_out.add_argument("--repeats", type=_positive, help="of each way and audience (default: 15, 9, 5)")
        home = parser.add_argument_group("home")
        home.add_argument("--users", type=_positive, default=1_100)
        home.add_argument("--tweets", type=_positive, default=200_000)
        home.add_argument("--requests", type=_positive, default=300, help="of each way and reader, in process")
        home.add_argument("--connections", type=_positive, default=16)
        home.add_argument("--seconds", type=float, default=5.0, help="of load on each address, three times")
        erase = parser.add_argument_group("erase")
        erase.add_argument("--fans", type=_positive, default=100_000, help="followers of the account that is erased")
        erase.add_argument("--own", type=_positive, default=10_000, help="its tweets")

        threads = parser.add_argument_group("threads", "--users, --tweets, --requests and --seconds too")
        threads.add_argument("--replies", type=_positive, default=10_000, help="of each conversation")

        bookmarks = parser.add_argument_group("bookmarks and search", "--requests and --seconds too")
        bookmarks.add_argument("--members", type=_positive, default=100_000)
        bookmarks.add_argument("--posts", type=_positive, default=1_000_000)
        bookmarks.add_argument("--bookmarks", type=_positive, default=10_000, help="of the reader who has many")
        bookmarks.add_argument("--operations", type=_positive, default=10_000, help="a minute, while lists are read")
        bookmarks.add_argument("--load-seconds", type=float, default=60.0)

    def handle(self, *args: Any, name: str, port: int | None, timelines_url: str | None, **options: Any) -> None:
        asked = {
            "fan_out": {key: options[key] for key in ("followers", "repeats")},
            "home": {key: options[key] for key in ("users", "tweets", "requests", "connections", "seconds")},
            "threads": {key: options[key] for key in ("users", "tweets", "replies", "requests", "seconds")},
            "bookmarks": {
                "users": options["members"],
                "tweets": options["posts"],
                "seconds": options["load_seconds"],
                **{key: options[key] for key in ("bookmarks", "operations")},
            },
            "search": {
                "users": options["members"],
                "tweets": options["posts"],
                **{key: options[key] for key in ("requests", "seconds")},
            },
            "erase": {key: options[key] for key in ("fans", "own")},
        }
        before, times = report.machine(), report.processor_times()
        names = NAMES if name == "all" else (name,)
        results = {each: self._run(each, asked[each], port, timelines_url) for each in names}
        found = {
            "bench": name,
            "machine": {
                **before,
                "load_average_after": report.machine()["load_average"],
                "stolen_percent": report.stolen_percent(times),
                **results[names[0]]["servers"],
            },
            **{part: _only(part, results) for part in ("data", "figures")},
        }
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else report.table(found))

    def _run(self, name: str, asked: dict[str, Any], port: int | None, timelines_url: str | None) -> dict[str, Any]:
        environment = {"DJANGO_SETTINGS_MODULE": "dashboard.bench.settings", "THROTTLES": "off", "DEBUG": "off"}
        environment |= {"CELEBRITY_FOLLOWER_COUNT": NO_CELEBRITIES}
        if timelines_url:
            _must_be_empty(timelines_url)
            environment["TIMELINES_URL"] = timelines_url
        self.stderr.write(f"{name}: starting an installation …")
        try:
            with ThrowAway(port=port, **environment) as instance:
                self.stderr.write(f"{name}: measuring …")
                done = subprocess.run(
                    [sys.executable, "-m", "dashboard.bench", name, json.dumps(asked)],
                    cwd=REPOSITORY,
                    env=instance.environment
                    | {"BASE_URL": instance.base_url, "WEB_PID": instance.supervisorctl("pid", "app:web")},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    check=False,
                )
        except CannotRun as error:
            raise CommandError(str(error)) from None
        finally:
            if timelines_url:
                Redis.from_url(timelines_url).flushdb()
        if done.returncode:
            raise CommandError(f"{name} gave no figures; it said why, above.")
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def _only(part: str, results: dict[str, dict[str, Any]]) -> Any:
    """Of one bench its own, of several by name."""
    values = {name: result[part] for name, result in results.items()}
    return values if len(values) > 1 else next(iter(values.values()))


def _must_be_empty(url: str) -> None:
    try:
        size = Redis.from_url(url).dbsize()
    except (RedisError, ValueError) as error:
        raise CommandError(f"The server of --timelines-url cannot be reached: {error}") from None
    if size:
        raise CommandError(f"The database of --timelines-url holds {size} keys: a bench needs an empty one.")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _sizes(text: str) -> list[int]:
    return sorted(_positive(part) for part in text.split(","))
