"""The embedded Valkey servers, one process for each role: eviction and persistence are settings of a whole server.

A flush or a full cache must not empty the timelines, and neither may take queued tasks with it.
"""

from dataclasses import dataclass
from pathlib import Path

import redis

from socialgraph.local_stack.ports import LOCAL_HOST
from socialgraph.local_stack.serverdir import ServerDir

ENV = "/usr/bin/env"
ROLES = ("timelines", "cache", "broker")
ROLE_SETTINGS = {
    "timelines": "maxmemory-policy noeviction\nappendonly no\ndisable-thp no\n",
    "cache": "maxmemory 256mb\nmaxmemory-policy allkeys-lru\nappendonly no\n",
    "broker": "maxmemory-policy noeviction\nappendonly yes\nappendfsync everysec\n",
    "all": "maxmemory-policy noeviction\nappendonly no\n",  # one for all three roles: tests
}
ROLE_VARIABLES = {"timelines": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mxfast=0"}}
"""Huge pages for lists all over the memory, which nothing forks to save; and no fast bins, which glibc tidies up each
time that a list grows. Other C libraries ignore it."""
SETTINGS = """
bind {host}
protected-mode yes
port {port}
requirepass {password}
dir {directory}
daemonize no
save ""
set-proc-title no
tcp-backlog 128
loglevel notice
"""


@dataclass(frozen=True)
class Valkey:
    home: ServerDir
    role: str
    port: int
    password: str

    stop_signal = "TERM"

    @property
    def name(self) -> str:
        return f"valkey-{self.role}"

    @property
    def directory(self) -> Path:
        return self.home.path / self.name

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, database: int) -> str:
        return f"redis://:{self.password}@{LOCAL_HOST}:{self.port}/{database}"

    @property
    def command(self) -> list[str]:
        variables = [f"{name}={value}" for name, value in ROLE_VARIABLES.get(self.role, {}).items()]
        wrapper = [ENV, *variables] if variables else []
        return [*wrapper, str(self.home.programs.valkey), str(self.directory / "valkey.conf")]

    def prepare(self) -> None:
        directory = self.home.directory_for(self.name)
        settings = SETTINGS.format(host=LOCAL_HOST, port=self.port, password=self.password, directory=directory)
        self.home.write(directory / "valkey.conf", settings + ROLE_SETTINGS[self.role])

    def answers(self) -> bool:
        """False too while the server still loads its file."""
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
