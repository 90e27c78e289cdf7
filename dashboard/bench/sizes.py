"""What a bench lets be chosen: the fields of its dataclass of sizes are the options of `manage.py bench NAME`."""

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Installation:
    """What a bench runs on: one of its own, empty when it begins."""

    base_url: str
    web_pid: int
    """Of the web server's first process, the parent of those that answer."""
    data_dir: Path


def size(default: Any, text: str, *, quick: Any = None) -> Any:
    """A field of a dataclass of sizes: whole numbers of 1 and more, seconds as a float, a list, or a file.

    `quick` is the value with --quick, when the figures mean nothing and only the way there is tried.
    """
    return field(default=default, metadata={"help": text, "quick": default if quick is None else quick})


def add_options(parser: ArgumentParser, sizes: type[Any]) -> None:
    for each in fields(sizes):
        kind = KINDS.get(type(each.default), _positive)
        shown = ",".join(map(str, each.default)) if isinstance(each.default, tuple) else each.default or "none"
        parser.add_argument(
            f"--{each.name.replace('_', '-')}", type=kind, help=f"{each.metadata['help']} (default: {shown})"
        )


def chosen(sizes: type[Any], options: dict[str, Any], *, quick: bool) -> dict[str, Any]:
    """Values for all fields: what was asked for, else the quick ones or the defaults."""
    return {
        each.name: options.get(each.name) or (each.metadata["quick"] if quick else each.default)
        for each in fields(sizes)
    }


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _list(text: str) -> tuple[int, ...]:
    return tuple(sorted(_positive(part) for part in text.split(",")))


def _file(text: str) -> str:
    return str(Path(text).absolute())


KINDS: dict[type[Any], Callable[[str], Any]] = {float: float, tuple: _list, str: _file}
