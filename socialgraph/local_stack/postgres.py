"""The embedded PostgreSQL: its files, its settings, how to start it and how to ask whether it answers."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from socialgraph.local_stack.account import run_as
from socialgraph.local_stack.errors import CannotRun
from socialgraph.local_stack.ports import LOCAL_HOST
from socialgraph.local_stack.serverdir import ServerDir

DATABASE = ROLE = "socialgraph"
SUPERUSER = "postgres"
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin", "pg_stat_statements")
SHARED_MEMORY_BYTES = 128 * 2**20  # below that in /dev/shm (a container's default is 64 MB) parallel queries fail

SETTINGS = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'
shared_buffers = '256MB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
effective_cache_size = '1GB'
random_page_cost = 1.1
jit = off
dynamic_shared_memory_type = '{shared_memory}'
shared_preload_libraries = 'pg_stat_statements'
wal_level = 'minimal'
max_wal_senders = 0
wal_compression = on
min_wal_size = '64MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d '
log_min_duration_statement = '1s'
log_checkpoints = off
"""
# A test database is thrown away, so it need not survive a crash of the machine.
TEST_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum_naptime = '10s'
log_min_duration_statement = -1
"""


@dataclass(frozen=True)
class Postgres:
    home: ServerDir
    port: int
    password: str
    superuser_password: str
    for_tests: bool = False

    name = "postgres"
    stop_signal = "INT"  # fast shutdown: open sessions are cut, nothing is lost

    @property
    def directory(self) -> Path:
        return self.home.path / self.name

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password}@{LOCAL_HOST}:{self.port}/{DATABASE}"

    @property
    def superuser_url(self) -> str:
        return f"postgres://{SUPERUSER}:{self.superuser_password}@{LOCAL_HOST}:{self.port}/{DATABASE}"

    @property
    def command(self) -> list[str]:
        return [str(self.home.programs.postgres), "-D", str(self.directory)]

    def prepare(self) -> None:
        """Makes the database cluster on first use and writes the settings, which belong to this file, every time."""
        if not (self.directory / "PG_VERSION").exists():
            self._create()
        self._check_version()
        settings = SETTINGS.format(host=LOCAL_HOST, port=self.port, shared_memory=_shared_memory())
        self.home.write(self.directory / "postgresql.conf", settings + (TEST_SETTINGS if self.for_tests else ""))
        self.home.write(self.directory / "postgresql.auto.conf", "")
        self.home.write(self.directory / "pg_hba.conf", f"host all all {LOCAL_HOST}/32 scram-sha-256\n")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        """In a directory beside, renamed at the end: one that is there is whole, one cut short is made again."""
        partial = self.home.path / "postgres.partial"
        shutil.rmtree(partial, ignore_errors=True)
        self.home.directory_for(partial.name)
        with tempfile.NamedTemporaryFile("w", dir=partial.parent, prefix="password-") as password_file:
            password_file.write(self.superuser_password)
            password_file.flush()
            self.home.account.give(Path(password_file.name))
            self._run(
                [
                    *(str(self.home.programs.initdb), "-D", str(partial), "--username", SUPERUSER),
                    *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
                    *("--auth=scram-sha-256", f"--pwfile={password_file.name}", "--no-instructions"),
                    *(("--no-sync",) if self.for_tests else ()),
                ]
            )
        database_maker = "CREATEDB" if self.for_tests else "NOCREATEDB"
        statements = [f"CREATE EXTENSION {extension};" for extension in EXTENSIONS]
        statements += [
            f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER {database_maker} PASSWORD '{self.password}';",
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};",
        ]
        # Extensions go into the template, so that a database made later (a test's) has them without a superuser.
        self._run(
            [str(self.home.programs.postgres), "--single", "-D", str(partial), "template1"],
            stdin="\n".join(statements) + "\n",
        )
        partial.rename(self.directory)

    def _run(self, command: list[str], *, stdin: str = "") -> None:
        code, output = run_as(self.home.account, command, directory=self.home.path, stdin=stdin)
        if "No space left on device" in output or "Disk quota exceeded" in output:
            shutil.rmtree(self.home.path / "postgres.partial", ignore_errors=True)
            raise CannotRun(f"The disk of {self.home.path} is full: PostgreSQL could not create its files.")
        if code or "ERROR:" in output or "FATAL:" in output:
            said = [line.strip() for line in output.splitlines() if "error:" in line.lower() or "FATAL" in line]
            raise CannotRun(f"PostgreSQL could not create its files: {(said or [f'exit code {code}'])[0]}")

    def _check_version(self) -> None:
        made_by = (self.directory / "PG_VERSION").read_text().strip()
        _, version = run_as(self.home.account, [str(self.home.programs.postgres), "--version"], directory=Path("/"))
        installed = version.split()[-1].partition(".")[0]
        if made_by != installed:
            raise CannotRun(
                f"The database in {self.directory} was made by PostgreSQL {made_by}, installed is {installed}: "
                "install that version, or start with another data directory."
            )


def _shared_memory() -> str:
    memory = Path("/dev/shm")  # nosec B108 # only measured
    enough = memory.is_dir() and shutil.disk_usage(memory).total >= SHARED_MEMORY_BYTES
    return "posix" if enough else "mmap"
