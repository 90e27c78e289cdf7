"""supervisord: its configuration, its process, and the few questions `up` asks it."""

import http.client
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client  # nosec B411 # talks to our own child over a private socket
from collections.abc import Collection, Mapping
from pathlib import Path

from socialgraph.local_stack.account import launcher, pwd_name
from socialgraph.local_stack.datadir import DataDir, write_private
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.programs import Program

SOCKET_PATH_MAX = 100  # the kernel's limit is 108 bytes on Linux, 104 on macOS
SHORT_PLACE = "/tmp"  # nosec B108 # for a private directory; TMPDIR may be long
START_SECONDS = 20
STOP_SECONDS = 75  # one stopwaitsecs for the product's processes, one for the servers, and some
ALIVE = {"STARTING", "RUNNING"}

CONFIGURATION = """\
[supervisord]
nodaemon=true
silent=true
user={user}
logfile={logs}/supervisord.log
logfile_maxbytes=1MB
logfile_backups=2
pidfile={run}/supervisord.pid
childlogdir={logs}

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{socket}

; The groups are stopped in reverse order of priority: the product while its servers still answer.
[group:servers]
programs={servers}
priority=1

[group:app]
programs={apps}
priority=2
"""
# `up` starts them in order. A program that dies comes back after a second, after two … : a full disk or a typo in the
# code may take minutes to be mended.
PROGRAM = """
[program:{name}]
command={command}
autostart=false
autorestart=true
startsecs=1
startretries=100
stopsignal={stop_signal}
stopasgroup={stop_as_group}
killasgroup=true
stopwaitsecs=30
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


class Supervisor:
    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._socket_note = data_dir.run / "socket-directory"
        self._process: subprocess.Popen[bytes] | None = None
        self._proxy: xmlrpc.client.ServerProxy | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, programs: Collection[Program], environment: Mapping[str, str]) -> None:
        """Runs supervisord with none of the programs started. It ends, and ends them, when this process ends."""
        socket_path = self._socket_path()
        configuration = self._data_dir.run / "supervisord.conf"
        write_private(configuration, _configuration(programs, self._data_dir, socket_path))
        command = [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(configuration)]
        with (self._data_dir.logs / "supervisord.out").open("wb") as output:
            self._process = subprocess.Popen(
                launcher(command, directory=self._data_dir.path, parent_death_signal="TERM"),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._proxy = xmlrpc.client.ServerProxy("http://supervisord", transport=_UnixTransport(str(socket_path)))
        deadline = time.monotonic() + START_SECONDS
        while not accepts(socket_path):
            if not self.is_running or time.monotonic() > deadline:
                raise CannotRun(f"The supervisor did not start; {output.name} says why.")
            time.sleep(0.02)

    def start_program(self, program: Program) -> None:
        self._call("startProcess", program.name, False)

    def is_alive(self, program_name: str) -> bool:
        info = self._call("getProcessInfo", program_name)
        return isinstance(info, dict) and info["statename"] in ALIVE

    def stop(self) -> None:
        """The product first, then the servers; back when supervisord has ended."""
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.forget_socket()

    def forget_socket(self) -> None:
        if self._socket_note.exists():
            shutil.rmtree(self._socket_note.read_text(), ignore_errors=True)
            self._socket_note.unlink()

    def _socket_path(self) -> Path:
        self.forget_socket()
        path = self._data_dir.run / "supervisord.sock"
        if len(bytes(path)) > SOCKET_PATH_MAX:
            directory = tempfile.mkdtemp(prefix="socialgraph-", dir=SHORT_PLACE)
            write_private(self._socket_note, directory)
            path = Path(directory, "supervisord.sock")
        path.unlink(missing_ok=True)
        return path

    def _call(self, method: str, *arguments: str | bool) -> object:
        try:
            return getattr(self._proxy, f"supervisor.{method}")(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise CannotRun(f"The supervisor does not answer: {error}") from None


def accepts(socket_path: Path) -> bool:
    """Whether somebody listens there: supervisord's socket has its name some moments before."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        return client.connect_ex(str(socket_path)) == 0


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=START_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


def _configuration(programs: Collection[Program], data_dir: DataDir, socket_path: Path) -> str:
    def names(group: str) -> str:
        return ",".join(program.process_name for program in programs if program.name.startswith(f"{group}:"))

    head = CONFIGURATION.format(
        user=pwd_name(data_dir.path.stat().st_uid),
        logs=_escaped(str(data_dir.logs)),
        run=_escaped(str(data_dir.run)),
        socket=_escaped(str(socket_path)),
        servers=names("servers"),
        apps=names("app"),
    )
    return head + "".join(
        PROGRAM.format(
            name=program.process_name,
            command=_escaped(shlex.join(program.command)),
            stop_signal=program.stop_signal,
            stop_as_group=str(program.stop_as_group).lower(),
            log=_escaped(str(program.log)),
        )
        for program in programs
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
