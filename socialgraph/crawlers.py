"""Addresses that browsers and crawlers ask for by themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

NOT_FOR_CRAWLERS = ("/accounts/", "/api/", "/people/", "/search/")
"""Forms, and data for programs. What else needs a log-in says so itself; posts and profiles are for everybody."""
A_DAY = 86_400


@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_CRAWLERS)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Pages name their icon; this is for answers that are no pages, such as images and JSON."""
    return redirect(static("img/icon.svg"))
