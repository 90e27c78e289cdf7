"""`scripts/up` and manage.py on embedded servers, as real processes: each test has a data directory for itself."""

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import psycopg
import pytest
import redis

from socialgraph.local_stack import leftovers, ports, serverdir
from socialgraph.local_stack.datadir import REPOSITORY, DataDir
from socialgraph.local_stack.environment import URL_VARIABLES

IS_ROOT = os.geteuid() == 0
START_SECONDS = 150
STOP_SECONDS = 60
SETTLED_BY_CONFTEST = {*URL_VARIABLES, "REDIS_URL", "DATA_DIR", "SECRET_KEY", "LOCAL"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in SETTLED_BY_CONFTEST}
PRINT_URLS = "from django.conf import settings as s; print(s.DATABASES['default']['PORT'], s.BROKER_URL)"


class Up:
    """One `scripts/up`, past its virtual environment."""

    started: ClassVar[list["Up"]] = []

    def __init__(
        self, data_dir: Path, *arguments: str, user: str | None = None, has_demo: bool = False, **environment: str
    ) -> None:
        self.data_dir = data_dir
        self.port = ports.choose()
        self.said = ""  # all of its output, once it has ended
        self.started.append(self)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "socialgraph.local_stack", "up"),
                *("--data-dir", str(data_dir), "--port", str(self.port), *arguments),
                *(() if has_demo else ("--no-demo",)),
            ],
            cwd=REPOSITORY,
            env=ENVIRONMENT | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )

    def wait_until_ready(self) -> dict[str, str]:
        """The content of servers.env, which is written last. A killed `up` leaves one, so the address must be ours."""
        deadline = time.monotonic() + START_SECONDS
        while (variables := servers_env(self.data_dir)).get("BASE_URL") != f"http://127.0.0.1:{self.port}":
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(self.said)
            time.sleep(0.1)
        return variables

    def wait(self) -> int:
        self.said, _ = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    @property
    def supervisor(self) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if "supervisor.supervisord" in child.cmdline())


def servers_env(data_dir: Path) -> dict[str, str]:
    file = data_dir / "servers.env"
    return dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that everybody may enter, as a checkout below /srv is."""
    path = Path(tempfile.mkdtemp(prefix="socialgraph-test-", dir="/tmp")).resolve()
    path.chmod(0o711)
    yield path
    while Up.started:  # those of a test that failed
        up = Up.started.pop()
        if up.process.poll() is None:
            up.stop(signal.SIGKILL)
    for data_dir in (entry for entry in path.rglob(".socialgraph") if entry.is_file()):
        leftovers.end(data_dir.parent)
        serverdir.remove(DataDir(data_dir.parent))
    shutil.rmtree(path)


@pytest.fixture
def closed_home(home: Path) -> Path:
    """A directory that nobody else may enter, as /root is."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    return closed


def refused(up: Up) -> str:
    """The one line of an `up` that could not run."""
    assert up.wait() == 1, up.said
    lines = [line for line in up.said.splitlines() if not line.endswith("…")]
    assert len(lines) == 1, up.said
    assert running_in(up.data_dir) == []
    return lines[0]


def running_in(data_dir: Path) -> list[str]:
    """Every process that has anything to do with the directory, by command line, environment or place."""
    places = {str(data_dir), str((data_dir / "servers").resolve())}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            traces = " ".join([*process.cmdline(), *process.environ().values(), process.cwd()])
            if any(place in traces for place in places):
                found.append(traces)
    return found


def manage(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env=ENVIRONMENT | {"DATA_DIR": str(data_dir)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def manage_says(data_dir: Path, *arguments: str) -> str:
    output, _ = manage(data_dir, *arguments).communicate(timeout=START_SECONDS)
    return output


def urls_by_command(data_dir: Path) -> str:
    return manage_says(data_dir, "shell", "-v0", "-c", PRINT_URLS).strip()


def waiting_command(data_dir: Path) -> subprocess.Popen[str]:
    """A manage.py that says where its servers are and stays until its input ends."""
    return manage(data_dir, "shell", "-v0", "-c", f"{PRINT_URLS}; import sys; sys.stdout.flush(); sys.stdin.read()")


def line_of(command: subprocess.Popen[str]) -> str:
    assert command.stdout
    return command.stdout.readline().strip()


def health(port: int) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
        content: dict[str, object] = json.loads(answer.read())
        return content


# up -------------------------------------------------------------------------------------------------------------------


def test_up_runs_refuses_a_second_one_stops_and_keeps_its_data(closed_home: Path) -> None:
    data_dir = closed_home / "data"
    first = Up(data_dir)
    variables = first.wait_until_ready()
    assert set(variables) == {*URL_VARIABLES, "BASE_URL"}
    assert stat.S_IMODE((data_dir / "servers.env").stat().st_mode) == 0o600
    assert variables["BASE_URL"] == f"http://127.0.0.1:{first.port}"
    assert health(first.port)["status"] == "OK"
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
        roles = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        assert roles == (False, False)
    with redis.Redis.from_url(variables["BROKER_URL"]) as broker:
        broker.set("kept", "42")
    port = variables["DATABASE_URL"].rpartition(":")[2].partition("/")[0]
    assert urls_by_command(data_dir) == f"{port} {variables['BROKER_URL']}"

    second = Up(data_dir)
    assert second.wait() == 1
    assert f"already running (pid {first.process.pid}) at http://127.0.0.1:{first.port}" in second.said
    assert health(first.port)["status"] == "OK"

    assert first.stop() == 0
    assert running_in(data_dir) == []
    assert not (data_dir / "servers.env").exists()

    again = Up(data_dir)
    variables = again.wait_until_ready()
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT number FROM kept").fetchall() == [(42,)]
    with redis.Redis.from_url(variables["BROKER_URL"]) as broker:
        assert broker.get("kept") == b"42"
    again.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert again.stop(signal.SIGINT) == 0  # an impatient second Ctrl-C
    assert running_in(data_dir) == []
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700


def test_what_dies_comes_back_and_what_a_killed_supervisor_left_is_ended(home: Path) -> None:
    data_dir = home / "data"
    up = Up(data_dir)
    up.wait_until_ready()
    victims = [
        process
        for process in up.supervisor.children()
        if {"--queues", "granian", "beat"} & set(process.cmdline()) or "valkey-cache" in " ".join(process.cmdline())
    ]
    assert len(victims) == 6
    for process in victims:
        process.kill()
    deadline = time.monotonic() + START_SECONDS
    while len({*up.supervisor.children()} - {*victims}) < 9:
        assert time.monotonic() < deadline
        time.sleep(0.2)

    supervisor, left = up.supervisor, up.supervisor.children(recursive=True)
    for process in left:
        process.suspend()  # so that none can end by itself
    up.process.kill()
    supervisor.kill()
    up.wait()
    assert running_in(data_dir)

    after = Up(data_dir)
    after.wait_until_ready()
    assert not [process for process in left if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert health(after.port)["status"] == "OK"

    after.supervisor.kill()
    assert after.wait() == 1
    assert "left behind" in after.said
    assert "The supervisor ended" in after.said
    assert running_in(data_dir) == []


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_up_runs_as_an_ordinary_user(home: Path) -> None:
    user = pwd.getpwnam("daemon")
    if not can_run_the_product(user):
        pytest.skip("the checkout or its Python lies below a directory that an ordinary user cannot enter")
    data_dir = home / "data"
    data_dir.mkdir()
    os.chown(data_dir, user.pw_uid, user.pw_gid)
    up = Up(data_dir, user="daemon", HOME=str(data_dir))
    up.wait_until_ready()
    assert health(up.port)["status"] == "OK"
    assert {process.uids().effective for process in up.supervisor.children(recursive=True)} == {user.pw_uid}
    assert "belongs to daemon" in manage_says(data_dir, "check")
    assert up.stop() == 0
    assert running_in(data_dir) == []


def can_run_the_product(user: pwd.struct_passwd) -> bool:
    tried = subprocess.run(
        ["sh", "-c", f'test -r "{REPOSITORY}/manage.py" && exec "{sys.executable}" --version'],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


@pytest.mark.skipif(not IS_ROOT, reason="an ordinary user's servers run as that user")
@pytest.mark.parametrize("is_closed", [False, True])
def test_as_root_the_servers_drop_their_rights_and_no_other_permission_changes(
    home: Path, closed_home: Path, is_closed: bool
) -> None:
    data_dir = (closed_home if is_closed else home) / "data"
    before = {path: path.stat().st_mode for path in (home, closed_home)}
    command = waiting_command(data_dir)
    assert line_of(command)
    nobody = pwd.getpwnam("nobody").pw_uid
    owners = {process.uids().effective for process in leftovers.of_data_directory(data_dir)}
    assert owners == {nobody}
    assert {path: path.stat().st_mode for path in (home, closed_home)} == before
    assert (data_dir / "servers").is_symlink() is is_closed
    assert [path for path in (data_dir / "secrets").iterdir() if path.stat().st_uid != 0] == []
    environments = [
        process.environ() for process in leftovers.of_data_directory(data_dir) if "valkey" in process.name()
    ]
    assert {name for environment in environments for name in environment} == {
        *("PATH", "LC_ALL", "SOCIALGRAPH_DATA_DIRECTORY"),
        *("GLIBC_TUNABLES", "glibc.malloc.mxfast"),  # one variable, which glibc cuts at its colon as it reads it
    }
    command.communicate(timeout=STOP_SECONDS)


@pytest.mark.skipif(not IS_ROOT, reason="only root keeps files outside the data directory")
def test_what_a_deleted_data_directory_left_elsewhere_is_removed(closed_home: Path) -> None:
    first, second = closed_home / "first", closed_home / "second"
    assert urls_by_command(first)
    kept_elsewhere = (first / "servers").resolve()
    assert kept_elsewhere.is_relative_to(serverdir.HOMES)
    shutil.rmtree(first)
    assert urls_by_command(second)
    assert not kept_elsewhere.exists()
    assert (second / "servers").resolve().exists()


# Refusals -------------------------------------------------------------------------------------------------------------


def test_a_port_in_use(home: Path) -> None:
    up_port = ports.choose()
    with socket.create_server(("127.0.0.1", up_port)):
        assert f"Port {up_port} is in use" in refused(Up(home / "data", "--port", str(up_port)))


def test_an_unreachable_database(home: Path) -> None:
    line = refused(Up(home / "data", DATABASE_URL=f"postgres://me:secret@127.0.0.1:{ports.choose()}/mine"))
    assert line.startswith("The database of DATABASE_URL (127.0.0.1:")
    assert "secret" not in line


def test_an_unreachable_redis(home: Path) -> None:
    line = refused(Up(home / "data", REDIS_URL=f"redis://:secret@127.0.0.1:{ports.choose()}"))
    assert line.startswith("The server of TIMELINES_URL (127.0.0.1:")
    assert "secret" not in line


@pytest.mark.parametrize("options", [[], ["--reset"]])
def test_a_directory_that_is_not_ours(home: Path, options: list[str]) -> None:
    (home / "thesis.txt").write_text("years of work")
    assert "not a data directory of Socialgraph" in refused(Up(home, *options))
    assert (home / "thesis.txt").read_text() == "years of work"


def test_a_data_directory_of_another_owner(home: Path) -> None:
    data_dir = Path("/")
    if IS_ROOT:
        data_dir = home / "data"
        data_dir.mkdir()
        os.chown(data_dir, pwd.getpwnam("daemon").pw_uid, 0)
    up = Up(data_dir)
    assert up.wait() == 1
    assert up.said.startswith(f"The data directory {data_dir} belongs to {'daemon' if IS_ROOT else 'root'}")


@pytest.mark.skipif(not IS_ROOT, reason="only root can mount a small disk")
@pytest.mark.parametrize(
    ("options", "complaint"),
    [("size=100m", "MB free, at least"), ("size=1g,nr_inodes=500", "PostgreSQL could not create its files")],
)
def test_a_full_disk(home: Path, options: str, complaint: str) -> None:
    disk = home / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=711", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        line = refused(Up(disk / "data"))
    finally:
        subprocess.run(["umount", disk], check=True)
    assert line.startswith(f"The disk of {disk}/data")
    assert complaint in line


@pytest.mark.parametrize("script", ["up", "test"])
def test_no_python(tmp_path: Path, script: str) -> None:
    shell = shutil.which("sh")
    assert shell
    done = subprocess.run(
        [shell, str(REPOSITORY / "scripts" / script)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Socialgraph needs Python 3.11 or newer")
    assert done.stdout == ""


# manage.py ------------------------------------------------------------------------------------------------------------


def test_commands_share_their_servers_and_the_last_one_stops_them(home: Path) -> None:
    data_dir = home / "data"
    first = waiting_command(data_dir)
    servers = line_of(first)
    second = waiting_command(data_dir)
    assert line_of(second) == servers
    assert f"A manage.py command is using {data_dir}" in up_refused_while_in_use(data_dir)

    first.communicate(timeout=STOP_SECONDS)
    assert urls_by_command(data_dir) == servers
    second.kill()
    second.communicate()
    assert running_in(data_dir)  # nobody was there to stop them

    assert urls_by_command(data_dir) == servers
    assert running_in(data_dir) == []


def up_refused_while_in_use(data_dir: Path) -> str:
    up = Up(data_dir)
    assert up.wait() == 1
    return up.said


def test_a_terminated_command_stops_its_servers(home: Path) -> None:
    command = waiting_command(home / "data")
    assert line_of(command)
    command.terminate()
    command.communicate(timeout=STOP_SECONDS)
    assert command.returncode == 128 + signal.SIGTERM
    assert running_in(home / "data") == []


def test_demo_content_comes_once_and_its_passwords_stay(home: Path) -> None:
    up = Up(home / "data", has_demo=True)
    first = up.wait_until_ready()
    accounts = {name: first[name] for name in ("DEMO_USER", "DEMO_PASSWORD", "STAFF_USER", "STAFF_PASSWORD")}
    assert len(set(accounts.values())) == 4
    assert log_in(first["BASE_URL"], accounts["DEMO_USER"], accounts["DEMO_PASSWORD"])
    assert not log_in(first["BASE_URL"], accounts["DEMO_USER"], accounts["STAFF_PASSWORD"])
    people = "SELECT array_agg(id ORDER BY id) FROM users WHERE password <> ''"
    before = query(first, people)
    assert manage_says(up.data_dir, "reconcile_counts").endswith(" drift=0\n")
    assert manage_says(up.data_dir, "check_timelines", "--sample", "20").endswith("checked=20 drift=0\n")
    assert up.stop() == 0
    assert accounts["DEMO_PASSWORD"] in up.said

    up = Up(home / "data", has_demo=True)
    second = up.wait_until_ready()
    assert {name: second[name] for name in accounts} == accounts
    assert query(second, people) == before
    assert log_in(second["BASE_URL"], accounts["STAFF_USER"], accounts["STAFF_PASSWORD"])
    assert up.stop() == 0
    assert "demo content" not in up.said


def query(variables: dict[str, str], sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        return connection.execute(sql).fetchall()


def log_in(base_url: str, name: str, password: str) -> bool:
    """Whether the log-in page lets this account in."""
    cookies = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(cookies)
    with browser.open(f"{base_url}/accounts/login/") as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert token is not None
    form = urllib.parse.urlencode({"login": name, "password": password, "csrfmiddlewaretoken": token[1]})
    with browser.open(f"{base_url}/accounts/login/", form.encode()) as answer:
        assert answer.status == 200
    return "sessionid" in {cookie.name for cookie in cookies.cookiejar}


def test_reset_empties_the_data_directory_only(home: Path) -> None:
    data_dir = home / "data"
    assert urls_by_command(data_dir)
    secret = (data_dir / "secrets" / "secret-key").read_text()
    (data_dir / "media").mkdir()
    beside = home / "beside.txt"
    beside.write_text("kept")
    up = Up(data_dir, "--reset")
    assert line_of(up.process) == "Starting the servers …"
    assert up.stop() == 0  # in the middle of its start
    assert running_in(data_dir) == []
    assert not (data_dir / "media").exists()
    assert (data_dir / "secrets" / "secret-key").read_text() != secret
    assert beside.read_text() == "kept"


def test_help_needs_no_server(home: Path) -> None:
    assert "Available subcommands" in manage_says(home / "data", "help")
    assert "usage: manage.py migrate" in manage_says(home / "data", "migrate", "--help")
    assert not (home / "data").exists()
