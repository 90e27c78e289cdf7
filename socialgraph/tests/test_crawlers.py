"""What browsers and crawlers ask for by themselves."""

from urllib.robotparser import RobotFileParser

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_crawlers_read_posts_and_profiles_and_leave_the_rest(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain"
    rules = RobotFileParser()
    rules.parse(answer.content.decode().splitlines())
    for address in ("/", "/ada/", "/tweets/17/"):
        assert rules.can_fetch("Crawler", address), address
    for name in ("account_login", "account_signup", "search", "people"):
        assert not rules.can_fetch("Crawler", reverse(name)), name


def test_the_icon_is_where_browsers_look_for_it(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/img/icon.svg")
