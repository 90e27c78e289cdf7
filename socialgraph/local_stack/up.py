"""`scripts/up`: the whole product on this machine, in the foreground, until Ctrl-C or SIGTERM."""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from socialgraph.local_stack import leftovers, migrations, preflight, serverdir
from socialgraph.local_stack.account import MARKER
from socialgraph.local_stack.datadir import DISK_FULL, REPOSITORY, DataDir, write_private
from socialgraph.local_stack.demo import COMMAND, Demo
from socialgraph.local_stack.environment import (
    DATABASE_VARIABLE,
    URL_VARIABLES,
    data_directory,
    local_defaults,
    named_urls,
)
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.locks import Exclusively, FileLock
from socialgraph.local_stack.ports import LOCAL_HOST
from socialgraph.local_stack.programs import app_programs, server_programs
from socialgraph.local_stack.servers import embedded, last_words, urls_of, wait_until_answering
from socialgraph.local_stack.stopping import Stopped, StopRequest
from socialgraph.local_stack.supervision import Supervisor

ON = {"on", "true", "1", "yes", "y", "ok"}  # as django-environ reads a flag
HEALTH_SECONDS = 90
COMMANDS_WAIT_SECONDS = 60  # for a manage.py that is just stopping its servers


def main(arguments: Sequence[str]) -> int:
    options = _parse(arguments)
    try:
        with contextlib.ExitStack() as stack:
            up = Up(options, StopRequest(), stack)
            for step in up.steps():
                up.stop_request.check()
                step()
    except Stopped:
        return 0
    except CannotRun as error:
        print(error, file=sys.stderr)
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        print(f"The disk is full: {error.filename or 'a file'} could not be written.", file=sys.stderr)
    return 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/up", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=8000, help="of the web server, on 127.0.0.1 (default: 8000)")
    parser.add_argument("--data-dir", type=Path, help="what this installation keeps (default: DATA_DIR, else .local/)")
    demo = parser.add_mutually_exclusive_group()
    demo.add_argument("--no-demo", action="store_true", help="no demo content in a new installation")
    demo.add_argument("--demo", action="store_true", help="demo content even into a DATABASE_URL of your own, if empty")
    parser.add_argument("--reset", action="store_true", help="delete what the data directory holds, then start")
    return parser.parse_args(arguments)


class Up:
    """The steps of a run, in order. What each has to undo at the end it puts on the stack."""

    def __init__(self, options: argparse.Namespace, stop_request: StopRequest, stack: contextlib.ExitStack) -> None:
        self.data_dir = DataDir.open(options.data_dir or data_directory(os.environ))
        self.port: int = options.port
        self.base_url = f"http://{LOCAL_HOST}:{options.port}"
        self.is_reset: bool = options.reset
        self.wants_demo: bool = options.demo or not (options.no_demo or os.environ.get(DATABASE_VARIABLE))
        self.is_demo_asked_for: bool = options.demo
        self.stop_request = stop_request
        self.stack = stack
        self.supervisor = Supervisor(self.data_dir)
        self.urls = named_urls(os.environ)
        self.environment: dict[str, str] = {}
        self.accounts: dict[str, str] = {}

    def steps(self) -> Sequence[Callable[[], None]]:
        return (
            *(self.take_over, self.check, self.start_servers, self.prepare_database, self.load_demo),
            *(self.start_product, self.stay),
        )

    def take_over(self) -> None:
        """Holds the data directory for this process's life and ends what a killed one left."""
        directory = self.data_dir.path
        lock, users = FileLock(directory / "lock"), FileLock(directory / "users.lock")
        note = self.data_dir.run / "up.json"
        if not lock.take():
            other = json.loads(note.read_text()) if note.exists() else {"pid": "?", "url": "its address"}
            raise CannotRun(f"Socialgraph is already running (pid {other['pid']}) at {other['url']} on {directory}.")
        self.stack.callback(lock.release)
        with Exclusively(directory / "servers.lock", wait_seconds=COMMANDS_WAIT_SECONDS):
            if not users.take():
                raise CannotRun(f"A manage.py command is using {directory}: wait until it ends.")
            self.stack.callback(users.release)
            self.data_dir.servers_env.unlink(missing_ok=True)
        write_private(note, json.dumps({"pid": os.getpid(), "url": self.base_url}))
        if ended := leftovers.end(directory):
            _say(f"Ended {ended} processes that the last run left behind.")

    def check(self) -> None:
        preflight.check_port(self.port)
        preflight.check_named_servers(self.urls)
        if self.is_reset:
            serverdir.remove(self.data_dir)
            self.data_dir.reset()
        self.data_dir.check_space()

    def start_servers(self) -> None:
        _say("Starting the servers …")
        missing = [name for name in URL_VARIABLES if name not in self.urls]
        servers = embedded(self.data_dir, os.environ, variables=missing)
        for server in servers:
            server.prepare()
        self.urls |= urls_of(servers)
        defaults = local_defaults(self.data_dir, os.environ)
        self.environment = dict(os.environ) | defaults | self.urls | {MARKER: str(self.data_dir.path)}

        programs = server_programs(servers, self.data_dir)
        self.stop_request.check()
        self.stack.callback(self._stop)
        self.supervisor.start([*programs, *app_programs(self.data_dir, port=self.port)], self.environment)
        for program in programs:
            self.supervisor.start_program(program)
        wait_until_answering(
            servers, logs=self.data_dir.logs, is_alive=lambda server: self._is_alive(f"servers:{server.name}")
        )

    def prepare_database(self) -> None:
        database_url = self.urls[DATABASE_VARIABLE]
        if not migrations.are_applied(self.data_dir, database_url):
            _say("Preparing the database …")
            self._manage("migrate", "--noinput")
            migrations.remember_applied(self.data_dir, database_url)
        if self.environment["LOCAL"].lower() in ON:
            (self.data_dir.path / "static").mkdir(exist_ok=True)  # nothing is collected, but it is looked for
        else:
            self._manage("collectstatic", "--noinput")

    def load_demo(self) -> None:
        """Only where nobody has an account. The product runs without it too, so a failure is told and no more."""
        demo = Demo(self.data_dir, self.urls[DATABASE_VARIABLE])
        if self.wants_demo and demo.has_room():
            _say("Loading the demo content …")
            try:
                self._manage(COMMAND, **demo.passwords())
            except CannotRun as error:
                self._check_supervisor()
                _say(f"Going on without demo content: {error}")
        elif self.is_demo_asked_for:
            _say("No demo content is loaded: there are accounts already.")
        self.accounts = demo.accounts()

    def start_product(self) -> None:
        """The flags are set while the processes start, which takes a while: a crossing is safe at any time."""
        _say("Starting the product …")
        for program in app_programs(self.data_dir, port=self.port):
            self.supervisor.start_program(program)
        self._manage("flag_celebrities")
        deadline = time.monotonic() + HEALTH_SECONDS
        while complaint := _health_complaint(self.base_url, self.environment):
            self._check_supervisor()
            if time.monotonic() > deadline:
                raise CannotRun(f"Not healthy after {HEALTH_SECONDS} s: {complaint} (logs are in {self.data_dir.logs})")
            time.sleep(0.1)

    def stay(self) -> None:
        variables = {name: self.urls[name] for name in URL_VARIABLES}
        self.data_dir.write_servers_env(variables | {"BASE_URL": self.base_url} | self.accounts)
        _say(f"Socialgraph is at {self.base_url}/  (Ctrl-C stops it; logs are in {self.data_dir.logs})")
        if self.accounts:
            _say("Log in as {DEMO_USER} with {DEMO_PASSWORD}".format(**self.accounts))
            _say("or, as staff, as {STAFF_USER} with {STAFF_PASSWORD}".format(**self.accounts))
        while True:
            self._check_supervisor()
            time.sleep(0.5)

    def _check_supervisor(self) -> None:
        self.stop_request.check()
        if not self.supervisor.is_running:
            raise CannotRun(f"The supervisor ended; {self.data_dir.logs / 'supervisord.log'} may say why.")

    def _is_alive(self, program: str) -> bool:
        self.stop_request.check()
        return self.supervisor.is_alive(program)

    def _manage(self, *command: str, **variables: str) -> None:
        log = self.data_dir.logs / f"{command[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *command],
                cwd=REPOSITORY,
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        while process.poll() is None:
            self._check_supervisor()  # what is left of the command when this raises, _stop ends
            time.sleep(0.02)
        if process.returncode:
            raise CannotRun(f"manage.py {command[0]} failed: {last_words(log)} ({log})")

    def _stop(self) -> None:
        """Whatever happened before: afterwards nothing of this data directory runs."""
        _say("Stopping …")
        self.data_dir.servers_env.unlink(missing_ok=True)
        self.supervisor.stop()
        leftovers.end(self.data_dir.path)


def _health_complaint(base_url: str, environment: Mapping[str, str]) -> str:
    """Empty when /health is green, else its reasons. Asked under a name that ALLOWED_HOSTS has, where that is set."""
    request = urllib.request.Request(f"{base_url}/health")
    host = environment.get("ALLOWED_HOSTS", "").split(",")[0].strip().removeprefix(".")
    if host not in ("", "*"):
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # nosec B310 # our own address
            return "" if answer.status == 200 else f"/health answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"/health answers {error.code}: {' '.join(error.read(2000).decode(errors='replace').split())}"
    except OSError as error:
        return f"the web server does not answer ({error})"


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(line, flush=True)
