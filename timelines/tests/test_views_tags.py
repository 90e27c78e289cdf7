"""A hashtag leads to the posts that carry it."""

import pytest
from django.test import Client

from timelines.tests.site import card_ids, html, logged_in, person, post, walk
from tweets.services import delete_tweet

pytestmark = pytest.mark.django_db


def test_a_hashtag_leads_to_all_posts_with_it_newest_first(client: Client) -> None:
    ada, bob = person("ada"), person("bob")
    first = post(ada, "On the #Straße today.")
    second = post(bob, "#STRASSE again")
    post(ada, "No street, only #strassen.")
    assert '<a class="hashtag" dir="auto" href="/tags/strasse/">#Straße</a>' in html(client.get("/ada/"))
    for address in ("/tags/strasse/", "/tags/Stra%C3%9Fe/"):
        assert card_ids(client.get(address)) == [second.pk, first.pk]
    delete_tweet(tweet=second, by=bob)
    assert card_ids(logged_in(ada).get("/tags/strasse/")) == [first.pk]


def test_posts_of_a_closed_account_are_not_listed(client: Client) -> None:
    gone = person("gone")
    post(gone, "#here")
    gone.is_active = False
    gone.save()
    assert card_ids(client.get("/tags/here/")) == []


def test_the_list_goes_on_to_its_end(client: Client) -> None:
    ada = person("ada")
    ids = [post(ada, f"{n} #many").pk for n in range(45)]
    assert [i for page in walk(client, "/tags/many/") for i in page] == ids[::-1]


@pytest.mark.parametrize("hashtag", ["a b", "%23x", "12", "x!", "%00", "a" * 300, "a%20%23b"])
def test_what_is_no_hashtag_has_no_page(client: Client, hashtag: str) -> None:
    assert client.get(f"/tags/{hashtag}/").status_code == 404


def test_a_hashtag_that_nobody_used_says_so(client: Client) -> None:
    response = client.get("/tags/nobody/")
    assert response.status_code == 200
    assert "Nobody has used this hashtag yet" in html(response)
