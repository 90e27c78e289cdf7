"""Error pages: each says what happened and leads on; those of a broken site ask nobody anything."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from timelines.tests.site import html, logged_in, person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "503"])
def test_an_error_page_stands_alone(name: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        page = render_to_string(f"{name}.html")
    assert page.count("<h1>") == 1
    assert 'id="error-text">' in page  # what site.js reads out
    assert '<a class="button" href="/">' in page
    assert "csrfmiddlewaretoken" not in page


def test_an_error_page_keeps_the_way_around_for_members() -> None:
    page = html(logged_in(person("ada")).get("/nothing/here/"))
    assert 'href="/bookmarks/"' in page


def test_an_error_page_offers_visitors_to_log_in(client: Client) -> None:
    assert 'href="/accounts/login/"' in html(client.get("/nothing/here/"))
