"""How much one caller may ask of the API: settings.THROTTLE_RATES by scope, as (requests, seconds)."""

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

COUNTED = "counted_as"
"""The attribute of a request that somebody has counted before, and let pass: the scope."""


class RequestThrottle(BaseThrottle):
    """Counts the requests of a user, or of an address without one, in fixed windows, with one Redis command.

    While the cache is away nobody is held up. (The REST framework's own throttles read and write a list of all times
    in the window for each request, and requests at the same moment overwrite each other's entry.)
    """

    seconds_left = 0.0

    def scope(self, request: Request) -> str:
        return "user" if request.user.is_authenticated else "anonymous"

    def allow_request(self, request: Request, view: object) -> bool:
        scope = self.scope(request)
        _, seconds = settings.THROTTLE_RATES[scope]
        self.seconds_left = seconds - time.time() % seconds
        if getattr(request, COUNTED, None) == scope:
            return True
        return may_ask(scope, request.user.pk or self.get_ident(request))

    def wait(self) -> float:
        return self.seconds_left


class SignUpThrottle(RequestThrottle):
    def scope(self, request: Request) -> str:
        return "sign_up"


class PostThrottle(RequestThrottle):
    def scope(self, request: Request) -> str:
        return "post"


class UploadThrottle(RequestThrottle):
    def scope(self, request: Request) -> str:
        return "upload"


def may_ask(scope: str, caller: object) -> bool:
    """Count a request; whether it is within the rate of the scope."""
    if not settings.THROTTLES:
        return True
    limit, seconds = settings.THROTTLE_RATES[scope]
    return _count(_key(scope, caller, time.time() // seconds), seconds) <= limit


def is_counted(scope: str, caller: object) -> bool:
    """Whether a request of this caller was counted in the current window or the one before.

    Asked after a request, it tells whether the instance that answered it has its throttles on.
    """
    _, seconds = settings.THROTTLE_RATES[scope]
    window = time.time() // seconds
    return any(cache.get(_key(scope, caller, each)) is not None for each in (window, window - 1))


def _key(scope: str, caller: object, window: float) -> str:
    return f"throttle:{scope}:{caller}:{window:.0f}"


def _count(key: str, seconds: int) -> int:
    """The requests under this key, this one included; 0 when the cache does not answer."""
    for _ in range(2):
        try:
            return cache.incr(key) or 0
        except ValueError:  # the first of its window, unless another request is faster
            if cache.add(key, 1, seconds):
                return 1
    return 0
