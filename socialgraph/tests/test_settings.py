"""Production refuses to start half-configured; the example names every variable."""

import ast
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "example.org",
    "DATABASE_URL": "postgres://u:p@localhost/d",
    "REDIS_URL": "redis://localhost",
}


def load(**environment: str) -> subprocess.CompletedProcess[str]:
    """Settings loaded by a fresh process with this environment and nothing else."""
    code = "from django.conf import settings as s; print(s.DEBUG, s.TIMELINES_URL, s.CACHE_URL, s.BROKER_URL)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "socialgraph.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_the_default() -> None:
    loaded = load(**PRODUCTION)
    assert loaded.stdout.split() == ["False", "redis://localhost/0", "redis://localhost/1", "redis://localhost/2"]


@pytest.mark.parametrize("path", ["/", "/5"])
def test_one_server_means_three_databases_of_it(path: str) -> None:
    loaded = load(**{**PRODUCTION, "REDIS_URL": f"rediss://h:6390{path}?ssl_cert_reqs=none"})
    assert loaded.stdout.split()[1:] == [f"rediss://h:6390/{n}?ssl_cert_reqs=none" for n in range(3)]


def test_options_of_the_database_url_are_kept() -> None:
    code = "from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"
    production = {**PRODUCTION, "DATABASE_URL": "postgres://u:p@db/x?sslmode=verify-full&sslrootcert=/ca.pem"}
    shown = subprocess.check_output(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "socialgraph.settings", **production},
        text=True,
    )
    assert ast.literal_eval(shown) == {
        "connect_timeout": 5,
        "options": "-c lock_timeout=3000",
        "prepare_threshold": 5,
        "server_side_binding": True,
        "sslmode": "verify-full",
        "sslrootcert": "/ca.pem",
    }


def test_each_redis_role_may_have_its_own_server() -> None:
    loaded = load(**PRODUCTION, CACHE_URL="redis://elsewhere/7")
    assert loaded.stdout.split()[1:] == ["redis://localhost/0", "redis://elsewhere/7", "redis://localhost/2"]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_what_is_missing_is_named(missing: str) -> None:
    loaded = load(**{name: value for name, value in PRODUCTION.items() if name != missing})
    assert loaded.returncode != 0
    assert missing in loaded.stderr.splitlines()[-1]


@pytest.mark.parametrize("change", [{"SECRET_KEY": "short"}, {"THROTTLES": "off"}])
def test_what_is_unsafe_is_refused(change: dict[str, str]) -> None:
    loaded = load(**{**PRODUCTION, **change})
    assert loaded.returncode != 0
    assert next(iter(change)) in loaded.stderr.splitlines()[-1]


def test_the_toolbar_exists_in_development_only() -> None:
    code = "from django.conf import settings as s; print('debug_toolbar' in s.INSTALLED_APPS)"
    for debug, expected in (("on", "True"), ("off", "False")):
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "socialgraph.settings", "DEBUG": debug}
        shown = subprocess.check_output(
            [sys.executable, "-c", code], cwd=settings.BASE_DIR, env={**environment, **PRODUCTION}, text=True
        )
        assert shown.strip() == expected


def test_the_example_names_every_variable() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (settings.BASE_DIR / "socialgraph/settings.py").read_text()))
    read |= set(re.findall(r'_redis_url\("(\w+)"', (settings.BASE_DIR / "socialgraph/settings.py").read_text()))
    named = set(re.findall(r"^#?([A-Z0-9_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert read <= named
    assert named - read == {
        *("POSTGRES_PASSWORD", "VALKEY_PASSWORD"),  # docker-compose.yml
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),  # boto
    }
