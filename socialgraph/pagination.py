"""Keyset pages: a cursor is the id of the last row shown, opaque to clients."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar


class HasId(Protocol):
    @property
    def pk(self) -> Any: ...


Row = TypeVar("Row", bound=HasId)


class InvalidCursor(ValueError):
    """Not a cursor that this site gave out."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    results: list[Row]
    next: str | None
    """The cursor of the page behind this one; None on the last."""

    @classmethod
    def of(cls, rows: Sequence[Row], limit: int) -> "Page[Row]":
        """The first `limit` of `rows`, of which there should be one more when another page follows."""
        results = list(rows[:limit])
        return cls(results, encode_cursor(results[-1].pk) if len(rows) > limit else None)


def encode_cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(row_id.to_bytes(8, "big")).rstrip(b"=").decode()


def decode_cursor(cursor: str | None) -> int | None:
    """The row id; None for no cursor. Raises InvalidCursor."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor(cursor) from error
    row_id = int.from_bytes(raw, "big")
    if len(raw) != 8 or row_id >= 2**63:
        raise InvalidCursor(cursor)
    return row_id
