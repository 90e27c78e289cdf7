"""`scripts/load_test.sh`: puts a running instance under load, then proves that nothing of it was lost or doubled.

Timings are reported and never judged by the exit code; an error or a wrong count ends with 1.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dashboard.bench import report as bench_report
from dashboard.bench.sizes import add_options, chosen
from dashboard.load import report, swarm
from dashboard.load.backstage import Backstage
from dashboard.load.errors import Refused
from dashboard.load.instance import Instance
from dashboard.load.scenarios import SCENARIOS, people_needed
from dashboard.load.side_by_side import bare_rates

LATENCIES = ("requests", "p50", "p95", "p99", "longest")
Asked = dict[str, dict[str, Any]]
"""By name of a scenario its sizes."""


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    if options.data_dir:
        os.environ["DATA_DIR"] = str(options.data_dir.absolute())
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        instance = Instance.find(os.environ, options.url, anywhere=options.not_loopback)
        if options.scenario == "clean":
            return _clean(instance)
        names = list(SCENARIOS) if options.scenario == "all" else [options.scenario]
        asked = {name: chosen(SCENARIOS[name], vars(options), quick=options.quick) for name in names}
        found = LoadTest(instance, asked, options).run()
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps(found, indent=2))
    return int(bool(found["failed"]))


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/load_test.sh",
        description=__doc__,
        epilog="Start the instance with THROTTLES=off scripts/up. Its own content is not touched; the people made for"
        " the test are erased at the end.",
    )
    names = parser.add_subparsers(dest="scenario", metavar="SCENARIO", required=True)
    for name, sizes in SCENARIOS.items():
        add_options(_common(names.add_parser(name, help=sizes.__doc__, description=sizes.__doc__)), sizes)
    everything = _common(names.add_parser("all", help="All of them, one after the other, on one population (default)."))
    for sizes in SCENARIOS.values():
        add_options(everything, sizes)
    _common(
        names.add_parser("clean", help="Erase the people that earlier runs were told to keep, or left when killed.")
    )
    is_named = any(argument in names.choices for argument in arguments) or {"-h", "--help"} & set(arguments)
    return parser.parse_args(arguments if is_named else ["all", *arguments])


def _common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--url", help="of the instance (default: that of scripts/up on the data directory)")
    parser.add_argument("--data-dir", type=Path, help="of the instance (default: DATA_DIR, else .local/)")
    parser.add_argument("--not-loopback", action="store_true", help="allow another machine than this one")
    parser.add_argument("--web", action="store_true", help="on Locust's own page; Ctrl-C ends it")
    parser.add_argument("--web-port", type=int, default=8089, help="of that page, on 127.0.0.1 (default: 8089)")
    parser.add_argument("--keep", action="store_true", help="leave the people that were made")
    parser.add_argument("--sample", type=int, default=200, help="home timelines checked at the end (default: 200)")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether it runs; its figures mean nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object at the end, on standard output")
    return parser


def _clean(instance: Instance) -> int:
    with Backstage(instance, keeps=True) as backstage:
        print(f"{backstage.ask('clean')} accounts of load tests erased.")
    return 0


class LoadTest:
    def __init__(self, instance: Instance, asked: Asked, options: argparse.Namespace) -> None:
        self.instance = instance
        self.asked = asked
        self.options = options
        self.failed: list[str] = []
        self.out = sys.stderr if options.json else sys.stdout

    def say(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def run(self) -> dict[str, Any]:
        machine, times = bench_report.machine(), bench_report.processor_times()
        with Backstage(self.instance, keeps=self.options.keep) as self.backstage:
            made = self.backstage.ask("prepare", count=people_needed(self.asked))
            self.say(
                f"{self.instance.url}: {made['people']:,} people, {made['authors']} authors, {made['posts']:,} posts"
            )
            if made["left_by_others"]:
                self.say(f"{made['left_by_others']:,} people of earlier runs are there: scripts/load_test.sh clean")
            figures = {name: self._scenario(name, sizes) for name, sizes in self.asked.items()}
            self.say("\nintegrity of the whole")
            self._judge(self.backstage.ask("whole", sample=self.options.sample))
            self.say("the people made for it are kept" if self.options.keep else "erasing the people made for it …")
        machine["load_average_after"] = bench_report.machine()["load_average"]
        machine["stolen_percent"] = bench_report.stolen_percent(times)
        self.say(
            f"{machine['cores']} cores, load average {machine['load_average'][0]} before and"
            f" {machine['load_average_after'][0]} after, {machine['stolen_percent']} % stolen"
        )
        self.say("\n".join(["FAILED", *self.failed]) if self.failed else "ok: no error, every count exact")
        return {"machine": machine, "scenarios": figures, "failed": self.failed}

    def _scenario(self, name: str, sizes: dict[str, Any]) -> dict[str, Any]:
        self.say(f"\n{name}: {(SCENARIOS[name].__doc__ or '').strip()}")
        plan = self.backstage.ask("scene", name=name, sizes=sizes)
        spent_before = self.instance.processor_seconds()
        port = self.options.web_port if self.options.web else None
        if port:
            self.say(f"  Locust's page: http://127.0.0.1:{port}/ . Press Start there, and Ctrl-C here when it is over.")
        result = swarm.run(name, plan, self.instance.url, web_port=port)
        spent = {part: s - spent_before.get(part, 0.0) for part, s in self.instance.processor_seconds().items()}
        if name == "burst":
            result["hash_ms"] = self.backstage.ask("hash")
        found, latencies = report.rows(name, sizes, result), report.latencies(result)
        self.say(report.table(found) + "\n")
        self.say(report.in_columns(latencies, ["ms", *LATENCIES]))
        self.say(report.cost(result, spent))
        beside = bare_rates(self.instance.url, plan["people"]) if name in ("stampede", "mix") else []
        for line in beside:
            self.say(f"  {line}")
        self._judge_answers(name, result)
        exact = not self.options.web
        self._judge(self.backstage.ask("check", name=name, sizes=sizes, done=result["done"], exact=exact))
        return {
            "sizes": sizes,
            "rows": [asdict(row) for row in found],
            "latencies_ms": {kind: dict(zip(LATENCIES, figures, strict=True)) for kind, *figures in latencies},
            "seconds": round(result["seconds"], 2),
            "processor_seconds": {"client": result["processor_seconds"], **spent},
            "side_by_side": beside,
        }

    def _judge_answers(self, name: str, result: dict[str, Any]) -> None:
        for kind, texts in result["wrong"].items():
            for text, count in texts.items():
                self._fail(f"{name}: {kind}: {count:,} times {text}")
        if not result["finished"]:
            if self.options.web:
                self.say("  stopped before everybody had finished")
            else:
                self._fail(f"{name}: Locust ended before everybody had finished")

    def _judge(self, findings: list[list[Any]]) -> None:
        """Exact or wrong: there is nothing between."""
        for what, expected, found in findings:
            if expected == found:
                self.say(f"  ok {what}: {found}")
            else:
                self._fail(f"{what}: {found}, expected {expected}")

    def _fail(self, text: str) -> None:
        self.say(f"  WRONG {text}")
        self.failed.append(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
