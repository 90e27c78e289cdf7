"""The undo-send window: what waits to be posted is a draft, and becomes a tweet when the window ends.

A draft has one of three states. It waits (`due_at`); it was refused (`refusal`, and no `due_at`); or its author took it
back (neither). While a reply or a quote waits, `refusal` holds what to say should its target be erased meanwhile: the
row would not know any more that it had one, and the words would stand alone.
"""

import datetime as dt
import logging
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from socialgraph import events
from socialgraph.rows import take_lock
from tweets.models import Draft, Media, Tweet
from tweets.services.media import discard
from tweets.services.posting import Posted, post_tweet

logger = logging.getLogger(__name__)

TARGET_GONE = "The post that this belongs to is gone."
RETRY = dt.timedelta(minutes=1)
"""When a draft is tried again that failed by no fault of its own; others are posted meanwhile."""


@transaction.atomic
def draft_post(
    *,
    author: User,
    text: str,
    seconds: int,
    reply_to: Tweet | None = None,
    quote_of: Tweet | None = None,
    key: str = "",
    media_ids: Sequence[int] = (),
    instead_of: int | None = None,
) -> Draft | Posted:
    """Let a tweet wait for `seconds`; its draft. The same key twice is one draft, and what it has posted is returned.

    `instead_of` is the id of a draft of the author's that this one replaces. Raises what `post_tweet` raises.
    """
    key = key or secrets.token_urlsafe(16)
    posted = _rehearse(author, text, reply_to, quote_of, key, media_ids)
    if not posted.created:
        return posted
    take_lock("drafts", author.pk)
    forget_draft(author=author, draft_id=instead_of)
    if Draft.objects.filter(author=author).exclude(key=key).count() >= settings.DRAFTS_MAX:
        told = f"You have {settings.DRAFTS_MAX} drafts. Post or discard some of them first."
        raise ValidationError({"text": told})
    draft, _ = Draft.objects.update_or_create(
        author=author,
        key=key,
        defaults={
            "text": text,
            "reply_to": reply_to,
            "quote_of": quote_of,
            "media_ids": list(media_ids),
            "due_at": timezone.now() + dt.timedelta(seconds=seconds),
            "refusal": TARGET_GONE if reply_to or quote_of else "",
        },
    )
    return draft


def _rehearse(
    author: User, text: str, reply_to: Tweet | None, quote_of: Tweet | None, key: str, media_ids: Sequence[int]
) -> Posted:
    """What `post_tweet` would say, without a trace: so it is refused now whatever could not be posted now."""
    with transaction.atomic():
        posted = post_tweet(
            author=author, text=text, reply_to=reply_to, quote_of=quote_of, key=key, media_ids=media_ids
        )
        transaction.set_rollback(True)
    return posted


@transaction.atomic
def take_back(*, author: User, draft_id: int) -> Draft | None:
    """Stop a draft that waits: its author has its words again. None when there is no such draft, or not any longer."""
    draft = _locked(author, draft_id)
    if draft is not None and draft.due_at is not None:
        draft.due_at, draft.refusal = None, ""
        draft.save(update_fields=["due_at", "refusal"])
    return draft


@transaction.atomic
def post_draft(*, author: User, draft_id: int) -> Posted | None:
    """Post a draft now; None when there is none, or it cannot be posted and says why. One taken back stays."""
    draft = _locked(author, draft_id)
    if draft is None or (draft.due_at is None and not draft.refusal):
        return None
    return _post(draft)


@transaction.atomic
def discard_draft(*, author: User, draft_id: int) -> bool:
    """Whether there was such a draft to drop, with its images."""
    draft = _locked(author, draft_id)
    if draft is None:
        return False
    for media in Media.objects.filter(owner=author, tweet=None, pk__in=draft.media_ids):
        discard(media=media)
    draft.delete()
    return True


def forget_draft(*, author: User, draft_id: int | None) -> bool:
    """Whether there was such a draft: its words and images are in another post now. Not while it waits."""
    if draft_id is None:
        return False
    deleted, _ = Draft.objects.filter(author=author, pk=draft_id, due_at=None).delete()
    return bool(deleted)


def post_due_drafts() -> int:
    """Post every draft whose window has ended, each in a transaction of its own; how many became tweets."""
    number = 0
    while (was_posted := _post_next_due()) is not None:
        number += was_posted
    return number


def _post_next_due() -> bool | None:
    """Whether the oldest one due was posted; None when there is none that no other worker has."""
    with transaction.atomic():
        due = Draft.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
        draft = due.select_for_update(skip_locked=True).first()
        if draft is None:
            return None
        try:
            with transaction.atomic():
                return _post(draft) is not None
        except Exception:  # one that fails must not keep the others waiting
            logger.exception("Draft %s could not be posted", draft.pk)
            Draft.objects.filter(pk=draft.pk).update(due_at=timezone.now() + RETRY)
            return False


def _locked(author: User, draft_id: int) -> Draft | None:
    return Draft.objects.select_for_update().filter(author=author, pk=draft_id).first()


def _post(draft: Draft) -> Posted | None:
    """In the transaction that holds the draft's row, so it becomes one tweet, whoever else tries."""
    try:
        if draft.refusal and not (draft.reply_to_id or draft.quote_of_id):
            raise PermissionDenied(draft.refusal)
        with transaction.atomic():
            posted = post_tweet(
                author=draft.author,
                text=draft.text,
                reply_to=draft.reply_to,
                quote_of=draft.quote_of,
                key=draft.key,
                media_ids=draft.media_ids,
            )
    except (ValidationError, PermissionDenied) as refused:
        told = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
        draft.due_at, draft.refusal = None, told
        draft.save(update_fields=["due_at", "refusal"])
        events.record("draft_refused", draft_id=draft.pk, author_id=draft.author_id)
        return None
    draft.delete()
    return posted
