"""Which servers are the person's own, named by URLs in the environment, and which are embedded."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from socialgraph.local_stack.datadir import REPOSITORY, DataDir
from socialgraph.local_stack.valkey import ROLES

DATABASE_VARIABLE = "DATABASE_URL"
ROLE_VARIABLES = {"timelines": "TIMELINES_URL", "cache": "CACHE_URL", "broker": "BROKER_URL"}
URL_VARIABLES = (DATABASE_VARIABLE, *ROLE_VARIABLES.values())


def data_directory(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("DATA_DIR") or REPOSITORY / ".local")


def named_urls(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of URL_VARIABLES that the environment settles. REDIS_URL alone means three databases of one."""
    urls = {}
    if environ.get(DATABASE_VARIABLE):
        urls[DATABASE_VARIABLE] = environ[DATABASE_VARIABLE]
    for database, role in enumerate(ROLES):
        variable = ROLE_VARIABLES[role]
        if environ.get(variable):
            urls[variable] = environ[variable]
        elif environ.get("REDIS_URL"):
            urls[variable] = with_database(environ["REDIS_URL"], database)
    return urls


def with_database(url: str, database: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def local_defaults(data_dir: DataDir, environ: Mapping[str, str]) -> dict[str, str]:
    """What settings.py asks of production and a local installation gives itself, unless the environment says it."""
    defaults = {"DATA_DIR": str(data_dir.path), "LOCAL": environ.get("LOCAL") or "on"}
    defaults["SECRET_KEY"] = environ.get("SECRET_KEY") or data_dir.secret("secret-key")
    return defaults
