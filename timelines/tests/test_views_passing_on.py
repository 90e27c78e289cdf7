"""Retweets, quotes and the menus of a card, as pages and as htmx gets them."""

import re

import pytest
from django.test import Client

from accounts import services as accounts
from accounts.models import User
from socialgraph import events
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post, posts, walk
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bob() -> User:
    return person("bob")


def words(page: str) -> str:
    """What a reader reads, without tags and line breaks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_choice_then_the_retweet_then_back_where_one_was(ada: User, bob: User) -> None:
    tweet, client = post(bob), logged_in(ada)
    menu = client.get(f"/tweets/{tweet.pk}/retweet/", headers={"Referer": "http://testserver/bob/"})
    assert f'formaction="/tweets/{tweet.pk}/retweet/"' in html(menu)
    assert f'href="/tweets/{tweet.pk}/quote/"' in html(menu)
    assert 'name="next" value="/bob/"' in html(menu)
    done = client.post(f"/tweets/{tweet.pk}/retweet/", {"next": "/bob/"})
    assert done.headers["Location"] == f"/bob/#t{tweet.pk}"
    assert Tweet.objects.get(author=ada).retweet_of == tweet
    assert "Retweeted by you, 1" in html(client.get("/bob/"))
    assert "Undo the retweet" in html(client.get(f"/tweets/{tweet.pk}/retweet/"))
    client.post(f"/tweets/{tweet.pk}/unretweet/")
    assert not Tweet.objects.filter(author=ada).exists()


def test_the_way_back_leads_nowhere_else(ada: User, bob: User) -> None:
    tweet, client = post(bob), logged_in(ada)
    for referer in ("https://evil.example/", "//evil.example/x", "nonsense"):
        menu = client.get(f"/tweets/{tweet.pk}/retweet/", headers={"Referer": referer})
        assert f'name="next" value="/tweets/{tweet.pk}/"' in html(menu)


def test_what_a_menu_led_to_does_not_lead_back_to_the_menu(ada: User, bob: User) -> None:
    own, others = post(ada), post(bob)
    client = logged_in(ada)
    places = [
        (f"/tweets/{own.pk}/edit/", own, own.get_absolute_url()),
        (f"/tweets/{others.pk}/report/", others, others.get_absolute_url()),
        ("/bob/mute/", others, "/bob/"),
        (f"/tweets/{others.pk}/bookmark/folder/", others, "/bookmarks/"),
    ]
    for path, tweet, expected in places:
        page = html(client.get(path, headers={"Referer": f"http://testserver{tweet.get_absolute_url()}menu/"}))
        assert f'name="next" value="{expected}"' in page, path


def test_htmx_gets_the_menu_and_the_button_alone(ada: User, bob: User) -> None:
    tweet, client = post(bob), logged_in(ada)
    menu = html(client.get(f"/tweets/{tweet.pk}/retweet/", headers=HTMX))
    assert "<html" not in menu
    assert "Quote it" in menu
    done = html(client.post(f"/tweets/{tweet.pk}/retweet/", headers=HTMX))
    assert "<html" not in done
    assert "Retweeted by you, 1" in done


def test_a_visitor_is_asked_to_log_in(bob: User) -> None:
    tweet = post(bob)
    for name in ("retweet", "quote"):
        answer = Client().get(f"/tweets/{tweet.pk}/{name}/")
        assert answer.headers["Location"] == f"/accounts/login/?next=/tweets/{tweet.pk}/{name}/"
    assert "Delete" not in html(Client().get(f"/tweets/{tweet.pk}/menu/"))


def test_a_protected_post_is_not_offered(ada: User, bob: User) -> None:
    tweet = post(bob)
    accounts.follow(follower=ada, followee=bob)
    accounts.protect(user=bob, protected=True)
    client = logged_in(ada)
    menu = html(client.get(f"/tweets/{tweet.pk}/retweet/"))
    assert "is protected" in menu
    assert f'formaction="/tweets/{tweet.pk}/retweet/"' not in menu
    assert client.post(f"/tweets/{tweet.pk}/retweet/").status_code == 403
    refused = client.post(f"/tweets/{tweet.pk}/quote/", {"text": "Read this."})
    assert refused.status_code == 422
    assert "for the followers of its author only" in html(refused)
    assert "Read this." in html(refused)


def test_a_quote_is_written_beside_what_it_quotes(ada: User, bob: User) -> None:
    tweet, client = post(bob, "The original."), logged_in(ada)
    page = html(client.get(f"/tweets/{tweet.pk}/quote/"))
    assert "The original." in page
    assert "<h1" in page
    answer = client.post(f"/tweets/{tweet.pk}/quote/", {"text": "My words."})
    quote = Tweet.objects.get(author=ada)
    assert answer.headers["Location"] == f"/tweets/{quote.pk}/"
    shown = html(client.get(f"/tweets/{quote.pk}/"))
    assert "My words." in shown
    assert "The original." in shown
    assert f'href="/tweets/{tweet.pk}/"' in shown


def test_the_quotes_of_a_post_page_by_page(ada: User, bob: User) -> None:
    tweet = post(bob)
    quotes = [tweets.post_tweet(author=ada, text=f"{n}", quote_of=tweet).tweet.pk for n in range(25)][::-1]
    pages = list(walk(logged_in(ada), f"/tweets/{tweet.pk}/quotes/"))
    assert pages == [quotes[:20], quotes[20:]]
    accounts.flush_counts()
    assert f'href="/tweets/{tweet.pk}/quotes/"' in html(Client().get(f"/tweets/{tweet.pk}/"))


def test_who_retweeted_is_listed_as_far_as_they_may_be_seen(ada: User, bob: User) -> None:
    tweet, hidden = post(bob), person("hidden")
    for user in (ada, hidden):
        tweets.retweet(user=user, tweet=tweet)
    path = f"/tweets/{tweet.pk}/retweets/"
    assert [name in html(Client().get(path)) for name in ("@ada", "@hidden")] == [True, True]
    accounts.protect(user=hidden, protected=True)
    assert [name in html(Client().get(path)) for name in ("@ada", "@hidden")] == [True, False]
    accounts.block(blocker=ada, blocked=hidden)
    assert "Nobody whom you can see" in html(logged_in(person("eve")).get(f"/tweets/{post(bob).pk}/retweets/"))
    assert "@ada" not in html(logged_in(hidden).get(path))


def test_what_a_quote_quotes_is_shown_to_those_who_may_see_it(ada: User, bob: User) -> None:
    tweet = post(bob, "The original.")
    quote = tweets.post_tweet(author=ada, text="My words.", quote_of=tweet).tweet
    eve, client = person("eve"), logged_in(ada)
    path = f"/tweets/{quote.pk}/"
    accounts.mute(muter=ada, muted=bob)
    assert "A post of somebody you muted" in html(client.get(path))
    accounts.block(blocker=bob, blocked=eve)
    for hidden in (html(logged_in(eve).get(path)), str(logged_in(eve).get(f"/api{path[:-1]}").json())):
        assert "My words." in hidden
        assert "The original." not in hidden
    assert "A post that cannot be shown" in html(logged_in(eve).get(path))
    tweets.delete_tweet(tweet=tweet, by=bob)
    assert "The original." not in html(Client().get(path))
    assert "A post that cannot be shown" in html(Client().get(path))


def test_several_retweets_stand_once_on_a_page_with_their_names(ada: User, bob: User) -> None:
    tweet = post(bob, "The original.")
    for name in ("carl", "dora", "eric", "fay"):
        retweeter = person(name)
        accounts.follow(follower=ada, followee=retweeter)
        tweets.retweet(user=retweeter, tweet=tweet)
    events.drain()
    page = html(logged_in(ada).get("/"))
    assert page.count("The original.") == 1
    assert "Fay and 3 others retweeted" in words(page)
    accounts.unfollow(follower=ada, followee=User.objects.get(username="fay"))
    assert "Eric and 2 others retweeted" in words(html(logged_in(ada).get("/")))
    assert "You retweeted" not in words(html(logged_in(bob).get("/")))


def test_a_page_of_twenty_has_twenty_beside_many_retweets(ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    ids = posts(bob, 30)
    retweeters = [person(f"r{n}") for n in range(5)]
    for retweeter in retweeters:
        accounts.follow(follower=ada, followee=retweeter)
        tweets.retweet(user=retweeter, tweet=Tweet.objects.get(pk=ids[25]))
    events.drain()
    pages = list(walk(logged_in(ada), "/"))
    assert pages[0] == [ids[25], *ids[:19]]
    assert pages[1] == ids[19:]  # once on each page: where it was retweeted, and where it was posted


def test_a_profile_shows_what_its_owner_retweeted(ada: User, bob: User) -> None:
    tweet, own = post(bob), post(ada)
    tweets.retweet(user=ada, tweet=tweet)
    page = Client().get("/ada/")
    assert card_ids(page) == [tweet.pk, own.pk]
    assert "Ada retweeted" in words(html(page))
    tweets.delete_tweet(tweet=tweet, by=bob)
    assert card_ids(Client().get("/ada/")) == [own.pk]


def test_the_address_of_a_retweet_leads_to_the_original(ada: User, bob: User) -> None:
    tweet = post(bob)
    tweets.retweet(user=ada, tweet=tweet)
    row = Tweet.objects.get(author=ada)
    assert Client().get(f"/tweets/{row.pk}/").headers["Location"] == f"/tweets/{tweet.pk}/"
    accounts.protect(user=bob, protected=True)
    assert Client().get(f"/tweets/{row.pk}/", follow=True).status_code == 404


def test_the_api(ada: User, bob: User) -> None:
    tweet, client = post(bob, "The original."), logged_in(ada)
    path = f"/api/tweets/{tweet.pk}"
    assert client.post(f"{path}/retweet").json() == {"retweeted": True, "changed": True}
    assert client.post(f"{path}/retweet").json() == {"retweeted": True, "changed": False}
    accounts.flush_counts()
    shown = client.get(path).json()
    assert (shown["retweeted"], shown["retweet_count"]) == (True, 1)
    [entry] = client.get(f"/api/users/{ada.pk}/timeline").json()["results"]
    assert entry["id"] == str(tweet.pk)
    assert [retweeter["username"] for retweeter in entry["retweeted_by"]] == ["ada"]
    assert client.delete(f"{path}/retweet").json() == {"retweeted": False, "changed": True}
    sent = {"text": "My words.", "quote_of": str(tweet.pk)}
    quote = client.post("/api/tweets", sent, content_type="application/json")
    assert quote.status_code == 201
    assert quote.json()["quote_of"] == str(tweet.pk)
    assert quote.json()["quote"]["text"] == "The original."
    assert [row["id"] for row in client.get(f"{path}/quotes").json()["results"]] == [quote.json()["id"]]
    wrong = client.post("/api/tweets", {"text": "x", "quote_of": "1"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["errors"]) == (400, {"quote_of": ["There is no such tweet."]})


def test_the_api_hides_what_may_not_be_seen(ada: User, bob: User) -> None:
    tweet = post(bob)
    accounts.protect(user=bob, protected=True)
    client = logged_in(ada)
    for method in (client.post, client.delete):
        assert method(f"/api/tweets/{tweet.pk}/retweet").status_code == 404
        assert method(f"/api/tweets/{tweet.pk}/like").status_code == 404
    accounts.follow(follower=ada, followee=bob)
    accounts.approve_request(followee=bob, follower=ada)
    assert client.post(f"/api/tweets/{tweet.pk}/like").json() == {"liked": True, "changed": True}
    accounts.remove_follower(followee=bob, follower=ada)
    assert client.delete(f"/api/tweets/{tweet.pk}/like").json() == {"liked": False, "changed": True}
