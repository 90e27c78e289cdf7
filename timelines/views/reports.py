"""Reporting a post or a person to the moderators."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import User
from accounts.selectors import user_named
from timelines.mark_forms import ReportForm
from timelines.views.errors import error
from timelines.views.http import MemberRequest, came_from, go, members_only, safe_next, with_tweet
from tweets import services as tweets
from tweets.models import Tweet
from tweets.services import Reported


@members_only
@with_tweet
def report_tweet(request: MemberRequest, tweet: Tweet) -> HttpResponse:
    def send(reason: str, comment: str) -> Reported:
        return tweets.report_tweet(reporter=request.user, tweet=tweet, reason=reason, comment=comment)

    return _report(request, tweet.author, tweet, send)


@members_only
def report_person(request: MemberRequest, username: str) -> HttpResponse:
    person = user_named(username)
    if person is None:
        raise Http404

    def send(reason: str, comment: str) -> Reported:
        return tweets.report_person(reporter=request.user, person=person, reason=reason, comment=comment)

    return _report(request, person, None, send)


def _report(
    request: MemberRequest, person: User, tweet: Tweet | None, send: Callable[[str, str], Reported]
) -> HttpResponse:
    """The form, and `?sent=` what comes after it: thanks, and what one can do at once oneself."""
    if person == request.user:
        return error(request, 400, "That is you", "You cannot report yourself. What you posted you can delete.")
    own_page = tweet.get_absolute_url() if tweet else reverse("profile", args=[person.username])
    shown = {"person": person, "tweet": tweet, "own_page": own_page}
    if request.method != "POST":
        template = "timelines/report_sent.html" if request.GET.get("sent") else "timelines/report.html"
        back = came_from(request, own_page)
        return render(request, template, {**shown, "form": ReportForm(), "sent": request.GET.get("sent"), "back": back})
    form = ReportForm(request.POST)
    form.is_valid()
    try:
        reported = send(form.cleaned_data.get("reason", ""), form.cleaned_data.get("comment", ""))
    except PermissionDenied as refused:
        raise Http404 from refused  # closed or hidden since the form was looked at
    except ValidationError as refused:
        form.refuse(refused)
        back = safe_next(request, own_page)
        return render(request, "timelines/report.html", {**shown, "form": form, "back": back}, status=422)
    return go(request, f"{request.path}?sent={'new' if reported.created else 'again'}")
