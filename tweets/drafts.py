"""What waits to be posted, for its author alone."""

from accounts.models import User
from tweets.models import Draft, Media, Tweet


def drafts_of(author: User) -> list[Draft]:
    """Those that wait, were refused or taken back, the latest first; one query, and never many."""
    return list(Draft.objects.filter(author=author).order_by("-id"))


def draft_of(author: User, draft_id: int) -> Draft | None:
    return Draft.objects.filter(author=author, pk=draft_id).first()


def posted_under(author: User, key: str) -> Tweet | None:
    """What a draft with this key became."""
    return Tweet.objects.filter(postkey__author=author, postkey__key=key, deleted_at=None).first()


def images_of(drafts: list[Draft]) -> dict[int, list[Media]]:
    """The images of each draft by its id, in their order; a query unless there are none."""
    ids = [media_id for draft in drafts for media_id in draft.media_ids]
    found = Media.objects.filter(tweet=None).in_bulk(ids) if ids else {}
    return {draft.pk: [found[media_id] for media_id in draft.media_ids if media_id in found] for draft in drafts}
