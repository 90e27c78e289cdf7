"""Django's backend for PostgreSQL with a health check that seldom asks (settings: ENGINE, CONN_HEALTH_CHECKS)."""

import select
import time

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

IDLE_SECONDS = 5.0
"""After so long without a request a connection is asked in any case."""


class DatabaseWrapper(base.DatabaseWrapper):
    last_looked_at = 0.0
    """On the monotonic clock."""

    def is_usable(self) -> bool:
        """Whether a connection that did nothing since the last request still stands.

        A server that ends, or ends a session, says so: something is there to be read. Only then is it asked, which
        takes a round trip, or when it may have vanished without a word meanwhile.
        """
        idle_seconds = time.monotonic() - self.last_looked_at
        self.last_looked_at += idle_seconds
        is_idle = self.connection and self.connection.info.transaction_status is TransactionStatus.IDLE
        if not is_idle or self.errors_occurred or idle_seconds > IDLE_SECONDS:
            return super().is_usable()
        word = select.poll()
        word.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if word.poll(0) else True
