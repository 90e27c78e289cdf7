import json
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis, RedisError

from dashboard.bench import report
from dashboard.bench.catalogue import BENCHES
from dashboard.bench.sizes import add_options, chosen
from socialgraph.local_stack.datadir import REPOSITORY
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.throwaway import ThrowAway

NO_CELEBRITIES = "1000000000"

Asked = dict[str, dict[str, Any]]
"""By name of a bench its sizes."""


class Command(BaseCommand):
    help = (
        "Measures the product on an installation that it makes for this and deletes afterwards: servers, database and"
        " web server of its own in a temporary directory. It touches no data of any other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = parser.add_subparsers(dest="name", metavar="NAME", required=True, parser_class=CommandParser)
        for name, bench in BENCHES.items():
            summary = (bench.__doc__ or "").partition("\n")[0]
            add_options(_with_common_options(names.add_parser(name, help=summary)), bench.Sizes)
        _with_common_options(names.add_parser("all", help="All of them, one after the other."))

    def handle(self, *args: Any, name: str, port: int | None, timelines_url: str | None, **options: Any) -> None:
        before, times = report.machine(), report.processor_times()
        quick = options["quick"]
        asked = {
            each: chosen(bench.Sizes, options, quick=quick) for each, bench in BENCHES.items() if name in (each, "all")
        }
        # Quick ones share an installation; ones that mean something must not suffer from what others left.
        runs: list[Asked] = [asked] if quick else [{each: sizes} for each, sizes in asked.items()]
        servers: dict[str, str] = {}
        results: dict[str, dict[str, Any]] = {}
        for run in runs:
            answer = self._run(run, port, timelines_url)
            servers, results = answer["servers"], results | answer["found"]
        found = {
            "bench": name,
            "machine": {
                **before,
                "load_average_after": report.machine()["load_average"],
                "stolen_percent": report.stolen_percent(times),
                **servers,
            },
            **{part: _only(part, results) for part in ("data", "figures")},
        }
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else report.table(found))

    def _run(self, asked: Asked, port: int | None, timelines_url: str | None) -> dict[str, Any]:
        environment = {"DJANGO_SETTINGS_MODULE": "dashboard.bench.settings", "THROTTLES": "off", "DEBUG": "off"}
        if not any(getattr(BENCHES[name], "HAS_CELEBRITIES", False) for name in asked):
            environment["CELEBRITY_FOLLOWER_COUNT"] = NO_CELEBRITIES
        if timelines_url:
            _must_be_empty(timelines_url)
            environment["TIMELINES_URL"] = timelines_url
        names = ", ".join(asked)
        self.stderr.write(f"{names}: starting an installation …")
        try:
            with ThrowAway(port=port, **environment) as instance:
                self.stderr.write(f"{names}: measuring …")
                done = subprocess.run(
                    [sys.executable, "-m", "dashboard.bench", json.dumps(asked)],
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
            raise CommandError(f"{names} gave no figures; it said why, above.")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def _with_common_options(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--json", action="store_true", help="one JSON object: machine, data, figures")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs; its figures mean nothing")
    parser.add_argument("--port", type=int, help="of the web server (default: a free one)")
    parser.add_argument("--timelines-url", help="an empty Redis or Valkey database to measure; emptied afterwards")
    return parser


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
