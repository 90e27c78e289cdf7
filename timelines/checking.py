"""Whether stored timelines tell the truth: each is walked to its end and compared with the plain query."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.models import User
from socialgraph.models import OutboxEvent
from socialgraph.pagination import decode_cursor
from socialgraph.rows import next_snowflake
from timelines.home import home_page
from timelines.pull import pull


@dataclass(frozen=True)
class Difference:
    username: str
    missing: list[int]
    """In the plain query and not on any page."""
    extra: list[int]
    """On a page and not in the plain query, or a second time, or out of order."""


def viewers(sample: int | None, seed: int) -> list[User]:
    """Everybody, or `sample` people drawn with `seed`."""
    ids = list(User.objects.filter(is_active=True).order_by("id").values_list("id", flat=True))
    if sample is not None and sample < len(ids):
        ids = sorted(random.Random(seed).sample(ids, sample))
    return list(User.objects.filter(id__in=ids).order_by("id"))


def differences(people: Iterable[User], page_size: int) -> Iterator[Difference | None]:
    """For each viewer what is wrong, None where nothing is.

    Only tweets that existed at the start count, so people may go on posting; what the outbox has not delivered yet is
    not missing. A difference is looked at twice, since something may be deleted or unfollowed between the two reads.
    """
    end = next_snowflake()
    for viewer in people:
        difference = _difference(viewer, page_size, end)
        yield difference and _difference(viewer, page_size, end)


def _difference(viewer: User, page_size: int, end: int) -> Difference | None:
    shown = list(walk(viewer, page_size, end))
    due = pull(viewer.pk, before=end)
    if shown == due:
        return None
    missing = sorted(set(due) - set(shown) - undelivered(), reverse=True)
    extra = [tweet_id for tweet_id in shown if tweet_id not in set(due)]
    if not extra and shown != [tweet_id for tweet_id in due if tweet_id in set(shown)]:
        extra = shown  # the right ids, doubled or in the wrong order
    return Difference(viewer.username, missing, extra) if missing or extra else None


def walk(viewer: User, page_size: int, end: int) -> Iterator[int]:
    """The ids of all pages under `end`."""
    before: int | None = end
    while before is not None:
        page = home_page(viewer, before=before, limit=page_size)
        yield from (tweet.pk for tweet in page.results)
        before = decode_cursor(page.next)


def undelivered() -> set[int]:
    """Tweets whose fan-out is pending."""
    payloads = OutboxEvent.objects.filter(done_at=None, event__startswith="tweet_").values_list("payload", flat=True)
    return {payload["tweet_id"] for payload in payloads}
