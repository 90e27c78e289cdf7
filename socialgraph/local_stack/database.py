"""A connection by DATABASE_URL, in any of the forms that settings.py accepts."""

import environ
import psycopg

CONNECT_SECONDS = 5


def connect(url: str) -> psycopg.Connection:
    parts = environ.Env.db_url_config(url)
    return psycopg.connect(
        host=parts.get("HOST") or None,
        port=parts.get("PORT") or None,
        user=parts.get("USER") or None,
        password=parts.get("PASSWORD") or None,
        dbname=parts.get("NAME") or None,
        **{"connect_timeout": CONNECT_SECONDS, **parts.get("OPTIONS", {})},
    )
