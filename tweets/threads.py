"""Where a reply stands in the tree of its conversation, as bytes that sort in the order in which the tree is read."""

from django.conf import settings

ID_BYTES = 8
_ABOVE_ALL = b"\xff"
"""Sorts after every id: they are positive, so their first byte is at most 0x7f."""


def path_below(parent_path: bytes | memoryview | None, tweet_id: int) -> bytes:
    """The path of an answer to a tweet with `parent_path` (None: the root).

    A path is the ids from below the root down to the tweet itself, big-endian, so parents come before their children
    and siblings in the order of their ids. Below THREAD_LEVELS the tree is flat: paths must fit into an index.
    """
    above = bytes(parent_path or b"")[: ID_BYTES * (settings.THREAD_LEVELS - 1)]
    return above + tweet_id.to_bytes(ID_BYTES, "big")


def ids_of(path: bytes | memoryview | None) -> list[int]:
    """The ids from below the root down to the tweet itself; none for the root."""
    whole = bytes(path or b"")
    return [int.from_bytes(whole[start : start + ID_BYTES], "big") for start in range(0, len(whole), ID_BYTES)]


def level_of(path: bytes | memoryview | None) -> int:
    """0 for the root, at most THREAD_LEVELS."""
    return len(path or b"") // ID_BYTES


def is_flat(path: bytes | memoryview | None) -> bool:
    """Whether the tweet stands on the last level, where a path does not tell which tweet another one answers."""
    return level_of(path) >= settings.THREAD_LEVELS


def span_below(path: bytes | memoryview | None) -> tuple[bytes, bytes]:
    """What stands below a tweet, as bounds that are outside of it: after < path < before.

    On the last level, where nothing can stand below: what follows on that level.
    """
    whole = bytes(path or b"")
    return whole, (whole[:-ID_BYTES] if is_flat(whole) else whole) + _ABOVE_ALL
