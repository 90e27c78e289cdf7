"""Where a reply stands in the tree of its conversation, as bytes that sort in the order in which the tree is read."""

from django.conf import settings

ID_BYTES = 8


def path_below(parent_path: bytes | memoryview | None, tweet_id: int) -> bytes:
    """The path of an answer to a tweet with `parent_path` (None: the root).

    A path is the ids from below the root down to the tweet itself, big-endian, so parents come before their children
    and siblings in the order of their ids. Below THREAD_LEVELS the tree is flat: paths must fit into an index.
    """
    above = bytes(parent_path or b"")[: ID_BYTES * (settings.THREAD_LEVELS - 1)]
    return above + tweet_id.to_bytes(ID_BYTES, "big")
