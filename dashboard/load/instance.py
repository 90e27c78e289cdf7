"""The running instance: where it is, which processes it consists of, and what a command needs to work on it."""

import contextlib
import ipaddress
import socket
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

from dashboard.load.errors import Refused
from socialgraph.local_stack.datadir import DataDir
from socialgraph.local_stack.environment import URL_VARIABLES, data_directory, named_urls

ANSWER_SECONDS = 10
PARTS = {
    "granian": "web",
    "local_stack.worker": "workers",
    "celery": "beat",
    "bin/postgres": "PostgreSQL",
    "valkey-server": "Valkey",
}
"""What the command of a program has in it."""


@dataclass(frozen=True)
class Instance:
    url: str
    environment: dict[str, str]
    """With which `manage.py` works on it."""
    supervisor_pid: int | None
    """The parent of all its processes, where it was started by scripts/up on this machine."""

    @classmethod
    def find(cls, environ: Mapping[str, str], url: str | None, *, anywhere: bool) -> "Instance":
        """That of `scripts/up` on DATA_DIR, or the one at `url`, whose servers the environment names.

        Raises Refused.
        """
        data_dir = DataDir(data_directory(environ).absolute())
        variables = data_dir.read_servers_env()
        named = named_urls(environ)
        if variables is None and len(named) < len(URL_VARIABLES):
            raise Refused(
                f"No instance runs on {data_dir.path}. Start one with THROTTLES=off scripts/up; name its directory with"
                " --data-dir; or name another one's servers in DATABASE_URL and REDIS_URL, and its address by --url."
            )
        if variables is None and url is None:
            raise Refused("DATABASE_URL and REDIS_URL name servers: name the site's address with --url as well.")
        servers = named if variables is None else {name: variables[name] for name in URL_VARIABLES}
        found = (url or (variables or {})["BASE_URL"]).rstrip("/")
        _must_be_near(found, anywhere=anywhere)
        _must_answer(found)
        pid = data_dir.path / "run" / "supervisord.pid"
        return cls(
            url=found,
            environment={**environ, **servers, "DATA_DIR": str(data_dir.path)},
            supervisor_pid=int(pid.read_text()) if variables is not None and pid.exists() else None,
        )

    def processor_seconds(self) -> dict[str, float]:
        """Spent so far by each part of the instance, with what ended processes of it spent (where the system says so).

        Empty when its processes are not known here.
        """
        spent: defaultdict[str, float] = defaultdict(float)
        if self.supervisor_pid is None or not psutil.pid_exists(self.supervisor_pid):
            return {}
        for program in psutil.Process(self.supervisor_pid).children():
            command = " ".join(program.cmdline())
            part = next((part for word, part in PARTS.items() if word in command), "other")
            for process in (program, *program.children(recursive=True)):
                with contextlib.suppress(psutil.Error):  # it has just ended, and counts for its parent
                    spent[part] += sum(process.cpu_times()[:4])
        return dict(spent)


def _must_be_near(url: str, *, anywhere: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"{url} is no address of a site: it begins with http:// or https://.")
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(parts.hostname, None)}
    except OSError as error:
        raise Refused(f"{parts.hostname} is not known: {error.strerror}.") from None
    if not anywhere and not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise Refused(
            f"{url} is not on this machine. A load test is an attack on whoever does not expect it: if it is yours and"
            " nobody uses it, say --not-loopback."
        )


def _must_answer(url: str) -> None:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=ANSWER_SECONDS) as answer:  # nosec B310 # http or https
            answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise Refused(f"{url} does not answer ({error}). Start it with THROTTLES=off scripts/up.") from None
