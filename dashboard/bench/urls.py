from django.http import HttpRequest, HttpResponse
from django.urls import path

from socialgraph import urls


def empty(request: HttpRequest) -> HttpResponse:
    """All of the middleware, and nothing else: no session, no query, no template."""
    return HttpResponse(b"")


handler500 = urls.handler500
urlpatterns = [path("bench/empty", empty), *urls.urlpatterns]
