"""Django's backend for PostgreSQL with a health check that asks nothing (settings: ENGINE, CONN_HEALTH_CHECKS)."""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether a connection that did nothing since the last request still stands.

        A server that ends, or ends a session, says so: something is there to be read, and only then is it asked, which
        takes a round trip. A server that vanished without a word is noticed by neither way before the next query.
        """
        is_idle = self.connection and self.connection.info.transaction_status is TransactionStatus.IDLE
        if not is_idle or self.errors_occurred:
            return super().is_usable()
        word = select.poll()
        word.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if word.poll(0) else True
