"""What the visitor changed in the last seconds.

Counts are folded about a second after a click, and who clicked must see the click on every page at once. So a cookie
remembers for a few seconds the stored count at the click and the own change to it; as long as the stored count is that
one, the change is added. Only its owner sees what it does, so nobody gains by forging it.
"""

import re
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tweets.cards import Card
from tweets.models import Tweet

COOKIE = "own_changes"
SECONDS = 5
REMEMBERED = 10
_CHANGE = re.compile(r"\b([a-z_]+):(\d{1,19}):(\d{1,10}):(-?\d{1,2})\b")


class OwnChanges:
    @classmethod
    def of(cls, request: HttpRequest) -> "OwnChanges":
        """The ones of this request: what its view adds, its templates show."""
        own: OwnChanges = request.__dict__.setdefault("own_changes", cls(request))
        return own

    def __init__(self, request: HttpRequest) -> None:
        self._changes = {
            (counter, int(subject)): (int(stored), int(change))
            for counter, subject, stored, change in _CHANGE.findall(request.COOKIES.get(COOKIE, ""))
        }

    def shown(self, counter: str, subject_id: int, stored: int) -> int:
        """The count to show where `stored` was read."""
        return max(0, stored + self._pending(counter, subject_id, stored))

    def add(self, counter: str, subject_id: int, stored: int, change: int) -> None:
        """Note a change that was made after `stored` was read."""
        pending = self._pending(counter, subject_id, stored)
        self._changes.pop((counter, subject_id), None)
        self._changes[counter, subject_id] = (stored, pending + change)

    def show_on(self, tweets: Iterable[Tweet] | Iterable[Card]) -> None:
        """Put the counts to show on cards that are about to be rendered."""
        if not self._changes:
            return
        for tweet in tweets:
            tweet.counts.like_count = self.shown("like_count", tweet.pk, tweet.counts.like_count)
            tweet.counts.retweet_count = self.shown("retweet_count", tweet.pk, tweet.counts.retweet_count)
            tweet.counts.reply_count = self.shown("reply_count", tweet.pk, tweet.counts.reply_count)

    def remember(self, response: HttpResponse) -> None:
        latest = list(self._changes.items())[-REMEMBERED:]
        response.set_cookie(
            COOKIE,
            "|".join(f"{counter}:{subject}:{stored}:{change}" for (counter, subject), (stored, change) in latest),
            max_age=SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def _pending(self, counter: str, subject_id: int, stored: int) -> int:
        before, change = self._changes.get((counter, subject_id), (stored, 0))
        return change if before == stored else 0
