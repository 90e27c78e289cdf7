"""How much one caller may ask of the API: settings.THROTTLE_RATES by scope, as (requests, seconds)."""

import time

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle


class RequestThrottle(BaseThrottle):
    """Counts the requests of a user, or of an address without one, in fixed windows, with one Redis command.

    While the cache is away nobody is held up. (The REST framework's own throttles read and write a list of all times
    in the window for each request, and requests at the same moment overwrite each other's entry.)
    """

    seconds_left = 0.0

    def scope(self, request: Request) -> str:
        return "user" if request.user.is_authenticated else "anonymous"

    def allow_request(self, request: Request, view: object) -> bool:
        if not settings.THROTTLES:
            return True
        scope = self.scope(request)
        limit, seconds = settings.THROTTLE_RATES[scope]
        caller = request.user.pk or self.get_ident(request)
        window, elapsed = divmod(time.time(), seconds)
        self.seconds_left = seconds - elapsed
        return _count(_key(scope, caller, window), seconds) <= limit

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
