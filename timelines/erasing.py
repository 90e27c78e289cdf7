"""Erasing a closed account, a batch at a time and in turns with other events, so that nobody waits for it.

Rows are gone from every page at once, because pages read them from PostgreSQL; the ids that timelines still hold are
dropped by whoever reads them.
"""

import time
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from accounts.selectors import is_closed
from accounts.services.erasing import Step, erase_account, erase_relations
from socialgraph import events
from socialgraph.events import Claim
from timelines import store
from timelines.store import Kind
from tweets.services.erasing import erase_own, erase_tweets, forget_reports

TURN_SECONDS = 1.0
"""Then the events that were claimed together with this one, and those behind it, have their turn."""
STEPS: tuple[Step, ...] = (erase_own, erase_tweets, erase_relations, forget_reports)


def erase(claim: Claim) -> None:
    """`account_closed`: all rows of the user, then the user. An account that is active again is left alone.

    Safe to repeat and to break off anywhere: each step finds what is left.
    """
    user_id = claim.payload["user_id"]
    until = time.monotonic() + TURN_SECONDS
    for gone in _steps(user_id):
        claim.advance(claim.progress + gone, 0)
        if time.monotonic() > until:
            _go_on_later(claim)
            return
    if is_closed(user_id):
        for kind in Kind:
            store.drop(kind, [user_id])
        erase_account(user_id=user_id)


def _steps(user_id: int) -> Iterator[int]:
    """How many rows went with each; ends when nothing is left, and when the account is active again."""
    for step in STEPS:
        while is_closed(user_id) and (gone := step(user_id=user_id, limit=settings.ERASE_BATCH)):
            yield gone


def _go_on_later(claim: Claim) -> None:
    """The rest becomes a new event, behind all that wait already."""
    erased = claim.payload.get("erased", 0) + claim.progress
    with transaction.atomic():
        events.record("account_closed", user_id=claim.payload["user_id"], erased=erased)
        claim.finish()
