"""What every request passes through, made lighter than the libraries' own, of which nobody here asks so much."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty

DEBUG_PAGES = frozenset({404, 500})


class OnePolicy:
    """Content-Security-Policy, put together once: no page has one of its own, and none a nonce.

    The library's class puts two together for each response, which takes longer than most other middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):  # Django's own, with style within
            response.headers.setdefault(HEADER, self.policy)
        return response


class MessagesWhenAsked(MessageMiddleware):
    """Their storage is made when somebody leaves a message or looks for one: most requests do neither."""

    def process_request(self, request: HttpRequest) -> None:
        request._messages = SimpleLazyObject(lambda: default_storage(request))  # type: ignore[attr-defined] # as Django

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        messages = getattr(request, "_messages", None)
        if isinstance(messages, SimpleLazyObject) and messages._wrapped is empty:
            return response
        return super().process_response(request, response)
