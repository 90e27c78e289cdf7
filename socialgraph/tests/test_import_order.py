"""The house rule that decays without a check: imports run one way, and stand at the top of the file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = ("socialgraph", "accounts", "tweets", "timelines", "dashboard")
LAYERS = {"models": 0, "selectors": 1, "services": 2, "tasks": 3, "receivers": 4}
FACES = {"views": 5, "api": 5, "admin": 5, "management": 5}
RANKS = LAYERS | FACES
KNOWS_ALL_APPS = ("socialgraph/urls.py", "socialgraph/tests/")


def breaches(repository: Path) -> list[str]:
    """Each as `path:line: what`. Modules outside the named layers (forms, store …) obey the order of apps only."""
    return [
        f"{path.relative_to(repository)}:{line}: {what}"
        for app in APPS
        for path in sorted((repository / app).rglob("*.py"))
        for line, what in _breaches_of(path.relative_to(repository), ast.parse(path.read_text()))
    ]


def _breaches_of(path: Path, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line in _imports_inside_functions(path, tree):
        yield line, "import inside a function"
    for node in ast.walk(tree):
        for target in _targets(node, path):
            if what := _wrong_way(path, target):
                yield getattr(node, "lineno", 0), what


def _imports_inside_functions(path: Path, tree: ast.Module) -> set[int]:
    return {
        inner.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        and not (path.name == "apps.py" and getattr(function, "name", "") == "ready")
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


def _targets(node: ast.AST, path: Path) -> list[tuple[str, ...]]:
    """What an import statement names, as parts: `from tweets import models` is ("tweets", "models")."""
    if isinstance(node, ast.Import):
        return [tuple(alias.name.split(".")) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        package = path.parent.parts[: len(path.parent.parts) - node.level + 1] if node.level else ()
        module = (*package, *(node.module or "").split(".")) if node.module else package
        return [(*module, alias.name) for alias in node.names]
    return []


def _wrong_way(path: Path, target: tuple[str, ...]) -> str:
    source = path.parts
    if target[0] not in APPS:
        return ""
    if target[0] != source[0]:
        if APPS.index(target[0]) < APPS.index(source[0]) or path.as_posix().startswith(KNOWS_ALL_APPS):
            return ""
        return f"{source[0]} must not import {target[0]}"
    own, other = Path(source[1]).stem, target[1] if len(target) > 1 else ""
    if own in RANKS and other in RANKS and RANKS[other] > RANKS[own]:
        return f"{own} must not import {other}"
    return ""


def test_the_project_keeps_the_order() -> None:
    assert breaches(REPOSITORY) == []


def test_the_checker_reads_the_whole_project() -> None:
    apps_with_code = {app for app in APPS if any((REPOSITORY / app).rglob("*.py"))}
    assert {"socialgraph", "accounts", "tweets", "timelines"} <= apps_with_code


@pytest.mark.parametrize(
    ("path", "source", "complaints"),
    [
        ("accounts/services.py", "from tweets.models import Tweet", ["1: accounts must not import tweets"]),
        ("accounts/services.py", "import tweets.models", ["1: accounts must not import tweets"]),
        ("socialgraph/events.py", "from accounts import models", ["1: socialgraph must not import accounts"]),
        ("accounts/tests/test_services.py", "import timelines.store", ["1: accounts must not import timelines"]),
        ("tweets/models.py", "from tweets.selectors import tweet", ["1: models must not import selectors"]),
        ("tweets/models.py", "from tweets import services", ["1: models must not import services"]),
        ("tweets/models.py", "from .services import post", ["1: models must not import services"]),
        ("tweets/models/tweet.py", "from ..services import post", ["1: models must not import services"]),
        ("tweets/services.py", "import tweets.tasks", ["1: services must not import tasks"]),
        ("tweets/tasks.py", "from tweets.receivers import on_post", ["1: tasks must not import receivers"]),
        ("tweets/receivers.py", "from tweets.views import page", ["1: receivers must not import views"]),
        ("tweets/selectors.py", "if True:\n    from tweets.api import x", ["2: selectors must not import api"]),
        ("tweets/forms.py", "def clean():\n    import json", ["2: import inside a function"]),
        (
            "tweets/forms.py",
            "class F:\n    async def f(self):\n        from os import path",
            ["3: import inside a function"],
        ),
        (
            "accounts/models.py",
            "def f():\n    from tweets.services import post",
            ["2: import inside a function", "2: accounts must not import tweets"],
        ),
    ],
)
def test_a_breach_is_named(tmp_path: Path, path: str, source: str, complaints: list[str]) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source)
    assert breaches(tmp_path) == [f"{path}:{complaint}" for complaint in complaints]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("timelines/services.py", "from tweets.services import post\nfrom accounts.models import User"),
        ("tweets/views.py", "from tweets.api import x\nfrom tweets import models, selectors, services"),
        ("tweets/management/commands/load.py", "from tweets.services import post"),
        ("tweets/services.py", "import os\nfrom tweets import text\nfrom django.db import models"),
        ("socialgraph/urls.py", "import timelines.views"),
        ("socialgraph/tests/test_fan_out.py", "from timelines.services import home"),
        ("tweets/apps.py", "class A:\n    def ready(self):\n        from tweets import receivers"),
        ("tweets/store.py", "try:\n    import orjson\nexcept ImportError:\n    orjson = None"),
    ],
)
def test_the_allowed_passes(tmp_path: Path, path: str, source: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(source)
    assert breaches(tmp_path) == []
