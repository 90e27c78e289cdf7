"""Whether `migrate` has anything to do. Asking Django costs every start two seconds, and nearly always for nothing."""

import hashlib
from pathlib import Path

import psycopg

from socialgraph.local_stack import database
from socialgraph.local_stack.datadir import REPOSITORY, DataDir, write_private


def are_applied(data_dir: DataDir, database_url: str) -> bool:
    """True when the files and the database's own record of them are what they were after the last `migrate`."""
    note = _note(data_dir)
    return note.exists() and note.read_text() == _fingerprint(database_url)


def remember_applied(data_dir: DataDir, database_url: str) -> None:
    write_private(_note(data_dir), _fingerprint(database_url))


def _note(data_dir: DataDir) -> Path:
    return data_dir.run / "migrations"


def _fingerprint(database_url: str) -> str:
    """Over our migrations, the libraries that bring some, which are in use, and the rows of django_migrations."""
    digest = hashlib.sha256()
    used = REPOSITORY / "requirements.txt", REPOSITORY / "socialgraph" / "settings.py"
    for path in [*used, *sorted(REPOSITORY.glob("*/migrations/*.py"))]:
        digest.update(str(path.relative_to(REPOSITORY)).encode() + path.read_bytes())
    try:
        with database.connect(database_url) as connection:
            rows = connection.execute("SELECT app, name, applied FROM django_migrations ORDER BY id").fetchall()
    except psycopg.errors.UndefinedTable:
        rows = []
    digest.update(repr(rows).encode())
    return digest.hexdigest()
