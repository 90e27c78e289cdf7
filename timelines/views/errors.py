from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error(request: HttpRequest, status: int, title: str, text: str, *, first_page: str = "") -> HttpResponse:
    """A page that says what is wrong and what to do. htmx does not swap it in: site.js reads `text` out to the user."""
    return render(request, "error.html", {"title": title, "text": text, "first_page": first_page}, status=status)
