"""What the log leaves out. Loaded with the settings, so it imports nothing of the project."""

import logging

from django.db import InterfaceError, OperationalError

AWAY = ("08", "57P")  # SQLSTATE: connections that fail, a server that stops, crashed or is starting


class OneLine(logging.Filter):
    """While PostgreSQL is away every request and task says the same: a line, and no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError | InterfaceError) and is_away(error):
            record.msg, record.args = f"{record.getMessage()}: {' '.join(str(error).split())}", ()
            record.exc_info = record.exc_text = None
        return True


def is_away(error: Exception) -> bool:
    """A refused or lost connection has no SQLSTATE; a deadlock, say, has one of its own."""
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return sqlstate is None or sqlstate.startswith(AWAY)
