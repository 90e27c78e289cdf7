"""One's own bookmarks: the list, its folders, moving, and taking back a removal."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from timelines import buttons
from timelines.bookmarks import Wanted, bookmark_of, bookmarked, folder_of, folders_of
from timelines.buttons import bookmark_button
from timelines.mark_forms import FolderForm
from timelines.pages import Asked
from timelines.views.http import MemberRequest, action, came_from, go, members_only, paged, safe_next, with_tweet
from timelines.views.own_changes import OwnChanges
from tweets import services as tweets
from tweets.models import Bookmark, BookmarkFolder, Tweet

UNDO_SALT, UNDO_SECONDS = "removed bookmark", 3600
UNFILED = "none"


@require_safe
@members_only
@paged
def bookmarks(request: MemberRequest, asked: Asked) -> HttpResponse:
    """All, or `?folder=` an id or "none", and of those the ones with the words of `?q=`."""
    folders = folders_of(request.user)
    asked_folder, text = request.GET.get("folder", ""), request.GET.get("q", "").strip()
    folder = next((each for each in folders if str(each.pk) == asked_folder), None)
    if folder is None and asked_folder not in ("", UNFILED):
        raise Http404
    wanted = Wanted.of(text, folder=folder and folder.pk, unfiled=asked_folder == UNFILED)
    page = bookmarked(request.user, asked, wanted)
    OwnChanges.of(request).show_on(page.results)
    names = {each.pk: each for each in folders}
    for tweet in page.results:
        tweet.folder = names.get(tweet.folder_id)
    shown = {"page": page, "folders": folders, "folder": folder, "wanted": wanted, "text": text}
    response = render(request, "timelines/_bookmarks.html" if request.htmx else "timelines/bookmarks.html", shown)
    patch_vary_headers(response, ["HX-Request"])
    return response


@action
@with_tweet
def bookmark(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """With `?undo=` the removal is taken back: the bookmark is where it was."""
    if not _restore(request):
        tweets.bookmark(user=request.user, tweet=tweet)
    return _button(request, tweet, {"bookmarked": True})


@action
@with_tweet
def unbookmark(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """On the list of bookmarks the removal can be taken back, since there it costs a place and a folder."""
    removed = bookmark_of(request.user, tweet)
    tweets.unbookmark(user=request.user, tweet=tweet)
    page = safe_next(request, tweet.get_absolute_url())
    if removed is None or urlsplit(page).path != reverse("bookmarks"):
        return _button(request, tweet, {"bookmarked": False})
    undo = {"undo": _undo(removed)}
    if request.htmx:
        return _button(request, tweet, {"bookmarked": False, **undo})
    messages.info(request, mark_safe(render_to_string("timelines/_undo.html", undo)))  # nosec B308 B703 # escaped there
    return go(request, page)


@action
def restore(request: MemberRequest) -> HttpResponse:
    """`?undo=` of a removed bookmark; back to the list, where it stands again."""
    if not _restore(request):
        messages.info(request, "That could not be taken back. The post may be gone, or it is bookmarked already.")
    return go(request, safe_next(request, reverse("bookmarks")))


def _button(request: MemberRequest, tweet: Tweet, state: dict[str, Any]) -> HttpResponse:
    own_page = tweet.get_absolute_url()
    if not request.htmx:
        return go(request, f"{safe_next(request, own_page)}#t{tweet.pk}")
    if urlsplit(safe_next(request, own_page)).path != reverse("bookmarks"):
        return HttpResponse(bookmark_button(tweet, bookmarked=state["bookmarked"]))
    return render(request, "timelines/_bookmark_undo.html", {"tweet": tweet, "own_page": own_page, **state})


def _undo(removed: Bookmark) -> str:
    row = [removed.user_id, removed.tweet_id, removed.pk, removed.folder_id]
    return signing.dumps(row, salt=UNDO_SALT)


def _restore(request: MemberRequest) -> bool:
    """Whether the request said what to restore, and that was away."""
    try:
        row = signing.loads(request.GET.get("undo", ""), salt=UNDO_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        return False
    user_id, tweet_id, bookmark_id, folder_id = row
    return user_id == request.user.pk and tweets.restore_bookmark(
        user=request.user, tweet_id=tweet_id, bookmark_id=bookmark_id, folder_id=folder_id
    )


@members_only
@with_tweet
def file_bookmark(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    """GET: the folders to choose from. POST: into `?to=` an id or "none", or into a new one of the name sent."""
    if request.method != "POST":
        return _choices(request, tweet, FolderForm())
    form = FolderForm(request.POST)
    try:
        folder = _target(request, form)
    except ValidationError as error:
        form.refuse(error)
        return _choices(request, tweet, form, status=422)
    tweets.file_bookmark(user=request.user, tweet=tweet, folder=folder)
    if request.htmx:
        tweet.folder = folder  # type: ignore[attr-defined]  # as on the list, for the template
        return HttpResponse(buttons.place(tweet, takes_focus=True))
    return go(request, f"{safe_next(request, reverse('bookmarks'))}#t{tweet.pk}")


def _target(request: MemberRequest, form: FolderForm) -> BookmarkFolder | None:
    to = request.GET.get("to", "")
    if to == UNFILED:
        return None
    return _own(request, int(to)) if to.isascii() and to.isdigit() else form.create_for(request.user)


def _choices(request: MemberRequest, tweet: Tweet, form: FolderForm, status: int = 200) -> HttpResponse:
    saved = bookmark_of(request.user, tweet)
    shown = {
        "tweet": tweet,
        "folders": folders_of(request.user),
        "saved": saved,
        "form": form,
        "back": came_from(request, reverse("bookmarks")) if request.method != "POST" else safe_next(request, "/"),
    }
    template = "timelines/_place_choices.html" if request.htmx else "timelines/bookmark_place.html"
    response = render(request, template, shown, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@members_only
def folders(request: MemberRequest) -> HttpResponse:
    """All folders, and a form for a new one."""
    form = FolderForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            return _show(request, form.create_for(request.user))
        except ValidationError as error:
            form.refuse(error)
    shown = {"form": form, "folders": folders_of(request.user)}
    return render(request, "timelines/bookmark_folders.html", shown, status=422 if form.errors else 200)


@members_only
def folder(request: MemberRequest, folder_id: int) -> HttpResponse:
    """Another name for it, or no folder any more."""
    found = _own(request, folder_id)
    form = FolderForm(request.POST if request.method == "POST" else None, initial={"name": found.name})
    if request.method == "POST":
        try:
            tweets.rename_folder(folder=found, name=form.sent_name)
        except ValidationError as error:
            form.refuse(error)
        else:
            return _show(request, found)
    shown = {"form": form, "folder": found}
    return render(request, "timelines/bookmark_folder.html", shown, status=422 if form.errors else 200)


@action
def delete_folder(request: MemberRequest, folder_id: int) -> HttpResponse:
    found = _own(request, folder_id)
    tweets.delete_folder(folder=found)
    messages.info(request, f"The folder “{found.name}” is deleted. Its bookmarks are all here.")
    return go(request, reverse("bookmarks"))


def _own(request: MemberRequest, folder_id: int) -> BookmarkFolder:
    """Somebody else's folder is none."""
    found = folder_of(request.user, folder_id) if folder_id < 2**63 else None
    if found is None:
        raise Http404
    return found


def _show(request: MemberRequest, folder: BookmarkFolder) -> HttpResponse:
    return go(request, f"{reverse('bookmarks')}?folder={folder.pk}")
