import datetime as dt
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from dashboard.bench import sketch
from socialgraph import urls

CARDS = 50


def empty(request: HttpRequest) -> HttpResponse:
    """All of the middleware, and nothing else: no session, no query, no template."""
    return HttpResponse(b"")


@cache
def _plain() -> tuple[object, list[dict[str, object]]]:
    template = engines["django"].from_string(Path(__file__).with_name("plain.html").read_text())
    cards = [
        {
            "id": 2_000_000_000_000_000_000 + number,
            "username": f"busy{number}",
            "display_name": f"busy{number}",
            "text": "Post 186 of 2124288117782348858, with as many words as people usually write in one of theirs.",
            "created_at": dt.datetime(2026, 1, 1 + number % 28, tzinfo=dt.UTC),
            **{f"{what}_count": number % 3 for what in ("reply", "retweet", "like")},
            **dict.fromkeys(("retweeted", "liked", "bookmarked"), number % 5 == 0),
        }
        for number in range(CARDS)
    ]
    return template, cards


def plain(request: HttpRequest) -> HttpResponse:
    """What a page of 50 cards costs a Django template that has everything at hand: no session, no server is asked."""
    template, cards = _plain()
    return HttpResponse(template.render({"cards": cards}))  # type: ignore[attr-defined]  # a backend's template


handler500 = urls.handler500
urlpatterns = [
    path("bench/empty", empty),
    path("bench/plain", plain),
    path("bench/sketch/marks", sketch.with_marks),
    path("bench/sketch", sketch.without_marks),
    *urls.urlpatterns,
]
