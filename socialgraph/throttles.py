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
        scope = self.scope(request)
        self.seconds_left = settings.THROTTLE_RATES[scope][1] - time.time() % settings.THROTTLE_RATES[scope][1]
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
    return _count(f"throttle:{scope}:{caller}:{time.time() // seconds:.0f}", seconds) <= limit


def _count(key: str, seconds: int) -> int:
    """The requests under this key, this one included; 0 when the cache does not answer."""
    for _ in range(2):
        try:
            return cache.incr(key) or 0
        except ValueError:  # the first of its window, unless another request is faster
            if cache.add(key, 1, seconds):
                return 1
    return 0
