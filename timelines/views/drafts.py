"""The undo-send window: posts that wait, and what their authors do with them meanwhile."""

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.services import undo_send_seconds
from timelines import pages
from timelines.forms import AN_ID, PostForm
from timelines.views.http import MemberRequest, action, go, members_only, safe_next
from tweets.drafts import draft_of, drafts_of, images_of, posted_under
from tweets.models import Draft, Media, Tweet
from tweets.selectors import by_id, cards
from tweets.services import Posted, discard_draft, draft_post, post_draft, take_back

ASK_AGAIN_MS = 1_000
"""How long a page leaves a draft alone whose window has ended: a worker takes it within about a second."""


@dataclass(frozen=True)
class Held:
    """A draft as its page shows it."""

    draft: Draft
    images: list[Media]
    target: Tweet | None
    """The card of what it answers or quotes, if its author may see that."""

    @property
    def left_ms(self) -> int:
        due_at = self.draft.due_at
        return max(0, math.ceil(1000 * (due_at - timezone.now()).total_seconds())) if due_at else 0

    @property
    def ask_in_ms(self) -> int:
        return self.left_ms + ASK_AGAIN_MS

    @property
    def has_target(self) -> bool:
        return bool(self.draft.reply_to_id or self.draft.quote_of_id)

    @property
    def kind(self) -> str:
        return "reply" if self.draft.reply_to_id else "quote" if self.draft.quote_of_id else "post"

    @property
    def edit_url(self) -> str:
        """The composer with its words: without what it belongs to, if that is gone."""
        place = reverse(self.kind, args=[self.target.pk]) if self.target else reverse("compose")
        return f"{place}?draft={self.draft.pk}"


def hold_back(
    request: MemberRequest, form: PostForm, *, reply_to: Tweet | None = None, quote_of: Tweet | None = None
) -> HttpResponse | None:
    """The answer to a composer whose post waits first. None where none waits: the view goes on, also with a refusal.

    A composer that is opened shows the draft that its address names.
    """
    if request.method != "POST":
        _fill(request, form)
        return None
    seconds = undo_send_seconds(request.user)
    if not seconds or not form.is_valid() or form.is_unfinished:
        return None
    try:
        held = draft_post(
            author=request.user,
            text=form.cleaned_data["text"],
            seconds=seconds,
            reply_to=reply_to,
            quote_of=quote_of,
            key=form.posting_key,
            media_ids=[media.pk for media in form.pictures],
            instead_of=form.cleaned_data["draft"],
        )
    except ValidationError as error:
        form.refuse(error)
        return None
    if isinstance(held, Posted):
        return None
    back = safe_next(request, reverse("home"))
    if not request.htmx:
        return go(request, f"{reverse('drafts')}?{urlencode({'next': back})}#d{held.pk}")
    blank = PostForm.blank(request, next=back)
    shown = {"held": Held(held, form.pictures, reply_to or quote_of), "tweet": reply_to, "form": blank}
    return render(request, "timelines/_held_back.html", shown)


def _fill(request: MemberRequest, form: PostForm) -> None:
    asked = request.GET.get("draft", "")
    found = draft_of(request.user, int(asked)) if AN_ID.fullmatch(asked) and int(asked) < 2**63 else None
    if found is not None and found.due_at is None:
        form.fill(found, images_of([found])[found.pk])


@require_safe
@never_cache
@members_only
def drafts(request: MemberRequest) -> HttpResponse:
    found = drafts_of(request.user)
    images = images_of(found)
    ids = {draft.reply_to_id or draft.quote_of_id for draft in found} - {None}
    targets = by_id(cards(request.user), ids)
    held = [Held(draft, images[draft.pk], targets.get(draft.reply_to_id or draft.quote_of_id or 0)) for draft in found]
    back = request.GET.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return render(request, "timelines/drafts.html", {"all_held": held, "next": back if is_ours else ""})


@require_safe
@never_cache
@members_only
def draft(request: MemberRequest, draft_id: int) -> HttpResponse:
    """What became of it: what takes the place of a draft on a page that htmx keeps up to date."""
    return _now(request, draft_id) if request.htmx else go(request, f"{reverse('drafts')}#d{draft_id}")


def _now(request: MemberRequest, draft_id: int) -> HttpResponse:
    found = draft_of(request.user, draft_id)
    if found is not None:
        return render(request, "timelines/_held.html", {"held": _held(request, found)})
    posted = posted_under(request.user, request.GET.get("key", ""))
    return _posted(request, draft_id, posted) if posted else _discarded(request, draft_id)


def _held(request: MemberRequest, found: Draft) -> Held:
    target_id = found.reply_to_id or found.quote_of_id
    target = pages.tweet_card(request.user, target_id) if target_id else None
    return Held(found, images_of([found])[found.pk], target)


def _posted(request: MemberRequest, draft_id: int, posted: Tweet) -> HttpResponse:
    """A line that leads to the post; on the home page the post itself, on top."""
    is_for_home = request.htmx.current_url_abs_path == reverse("home") and not posted.is_reply
    card = pages.tweet_card(request.user, posted.pk) if is_for_home else None
    return render(request, "timelines/_sent.html", {"draft_id": draft_id, "posted": posted, "card": card})


def _discarded(request: MemberRequest, draft_id: int) -> HttpResponse:
    return render(request, "timelines/_discarded.html", {"draft_id": draft_id})


@action
def undo(request: MemberRequest, draft_id: int) -> HttpResponse:
    """Back to the composer with the words; in place for htmx, if nothing else has been written there since."""
    found = take_back(author=request.user, draft_id=draft_id)
    if found is None:
        if request.htmx:
            return _now(request, draft_id)
        messages.info(request, "That was posted already, or discarded.")
        return go(request, reverse("drafts"))
    held = _held(request, found)
    is_composer_free = request.POST.get("text", "-") == "" and not request.POST.getlist("media")
    is_here = held.draft.quote_of_id is None and (held.target is None) is (held.draft.reply_to_id is None)
    if not (request.htmx and is_composer_free and is_here):
        return go(request, held.edit_url)
    form = PostForm.blank(request, next=safe_next(request, reverse("home")))
    form.fill(held.draft, held.images)
    return render(request, "timelines/_undone.html", {"draft_id": draft_id, "form": form, "tweet": held.target})


@action
def post_now(request: MemberRequest, draft_id: int) -> HttpResponse:
    posted = post_draft(author=request.user, draft_id=draft_id)
    if request.htmx:
        return _posted(request, draft_id, posted.tweet) if posted else _now(request, draft_id)
    return go(request, posted.tweet.get_absolute_url() if posted else f"{reverse('drafts')}#d{draft_id}")


@action
def discard(request: MemberRequest, draft_id: int) -> HttpResponse:
    discard_draft(author=request.user, draft_id=draft_id)
    if request.htmx:
        return _discarded(request, draft_id)
    messages.info(request, "Discarded.")
    return go(request, reverse("drafts"))
