"""The way that nearly all reads of home take: who asks, what they see and its counts in one query.

It takes plain requests only. Whatever is unusual, wrong or refused gets None here, and is answered in the ordinary way.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, QueryDict

from accounts.models import User
from socialgraph.authentication import digest_of, is_session_of, seeming_owner, seeming_user
from socialgraph.pagination import InvalidCursor, Page, decode_cursor
from socialgraph.throttles import COUNTED, may_ask
from timelines.home import own_home_page, visit
from timelines.pages import Asked
from tweets.cards import Card

_A_LIMIT = re.compile("[1-9][0-9]{0,2}")
Found = tuple[User, Page[Card]]


def plainly_asked(query: QueryDict) -> Asked | None:
    """`?cursor=&limit=` where both are good and nothing else is there."""
    for name, values in query.lists():
        if name not in ("cursor", "limit") or len(values) > 1:
            return None
    limit = query.get("limit", "")
    if limit and not (_A_LIMIT.fullmatch(limit) and int(limit) <= settings.PAGE_SIZE_MAX):
        return None
    try:
        return Asked(decode_cursor(query.get("cursor")), int(limit or settings.PAGE_SIZE))
    except InvalidCursor:
        return None


def by_token(request: HttpRequest, user_id: int) -> Page[Card] | None:
    """The page that a program asks for with its owner's token."""
    digest, asked = digest_of(request), plainly_asked(request.GET)
    if digest is None or asked is None or seeming_owner(digest) != user_id:
        return None
    if not may_ask("user", user_id):
        return None
    setattr(request, COUNTED, "user")  # should it go the ordinary way after all
    found = _read(user_id, asked, lambda user: user.is_active, token=digest)
    return found and found[1]


def by_session(request: HttpRequest, asked: Asked) -> Found | None:
    """The page that a logged-in browser asks for. Django takes the user for `request.user` from then on."""
    user_id = seeming_user(request)
    if user_id is None:
        return None
    found = _read(user_id, asked, lambda user: is_session_of(request, user))
    if found is not None:
        request._cached_user = found[0]  # type: ignore[attr-defined]  # where Django's own middleware keeps it
    return found


def _read(user_id: int, asked: Asked, confirm: Callable[[User], bool], token: str | None = None) -> Found | None:
    try:
        found = own_home_page(user_id, confirm, token=token, before=asked.cursor, limit=asked.limit)
        if found is not None:
            visit(found[0])
    except DatabaseError:
        return None
    return found
