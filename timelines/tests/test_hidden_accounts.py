"""Who has left is on no page and in no answer of the API, and is back on all of them after logging in again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client

from accounts import moderation
from accounts import services as accounts
from accounts.models import FollowRequest, User
from accounts.tests.clients import client_of
from socialgraph import counts, events
from timelines import checking
from timelines.home import home_page
from timelines.tests.site import html, logged_in, person, post
from tweets import services as tweets
from tweets.models import Like, Tweet, TweetCounts

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Life:
    zelda: User
    bob: User
    """Follows her and reads all she does."""
    eve: User
    """Blocks her."""
    mona: User
    """Mutes her, is asked by her and asks her."""
    places: list[tuple[str, str]] = field(default_factory=list)
    """(who looks, where): each shows her before she leaves."""


@pytest.fixture
def life() -> Life:
    """Everything that she posts holds her name, and nothing that others post does."""
    zelda, bob, eve, mona = person("zelda", display_name="Zelda"), person("bob"), person("eve"), person("mona")
    accounts.follow(follower=bob, followee=zelda)
    accounts.follow(follower=zelda, followee=bob)
    own = post(zelda, "Zelda says #stars")
    bobs = post(bob, "A post of mine #mine")
    answer = post(zelda, "Zelda answers", reply_to=bobs)
    below = post(bob, "And I answer", reply_to=answer)
    quote = tweets.post_tweet(author=bob, text="Look", quote_of=own).tweet
    tweets.post_tweet(author=zelda, text="Zelda quotes", quote_of=bobs)
    tweets.retweet(user=zelda, tweet=bobs)
    tweets.retweet(user=bob, tweet=own)
    for user in (bob, zelda):
        tweets.like(user=user, tweet=own)
        tweets.bookmark(user=user, tweet=own)
        tweets.like(user=user, tweet=bobs)
    accounts.block(blocker=eve, blocked=zelda)
    accounts.mute(muter=mona, muted=zelda)
    FollowRequest.objects.create(follower=zelda, followee=mona)
    FollowRequest.objects.create(follower=mona, followee=zelda)
    events.drain()
    thread = f"/tweets/{bobs.pk}/"
    life = Life(zelda, bob, eve, mona)
    life.places += [("visitor", place) for place in ("/zelda/", f"/tweets/{own.pk}/", thread, "/people/?q=zeld")]
    life.places += [("visitor", place) for place in ("/bob/followers/", "/bob/following/", "/", f"{thread}quotes/")]
    life.places += [("bob", place) for place in ("/", "/zelda/replies/", "/bob/", "/bob/likes/", "/tags/stars/")]
    life.places += [("bob", place) for place in ("/bookmarks/", f"/tweets/{below.pk}/", f"/tweets/{quote.pk}/", thread)]
    life.places += [("eve", "/accounts/blocked/"), ("mona", "/accounts/muted/")]
    life.places += [("mona", "/requests/"), ("mona", "/requests/sent/")]
    api = (f"users/{bob.pk}/timeline", f"users/{zelda.pk}", "users/zelda", f"users/{zelda.pk}/tweets", "users?q=zeld")
    more = (f"tweets/{own.pk}", f"tweets/{bobs.pk}/replies", f"tweets/{quote.pk}", "bookmarks", "search?q=says")
    life.places += [("bob's program", f"/api/{place}") for place in (*api, *more, f"tweets/{bobs.pk}/conversation")]
    life.places += [("eve's program", "/api/blocks"), ("mona's program", "/api/mutes")]
    life.places += [("mona's program", "/api/follow_requests"), ("mona's program", "/api/follow_requests/sent")]
    return life


def looking(life: Life) -> Callable[[str, str], str]:
    clients: dict[str, Client] = {"visitor": Client()}
    for user in (life.bob, life.eve, life.mona):
        clients[user.username] = logged_in(user)
        clients[f"{user.username}'s program"] = client_of(user)

    def look(who: str, where: str) -> str:
        answer = clients[who].get(where)
        # A page that repeats what was asked for is no page that shows her.
        return (
            html(answer).lower().replace('value="zeld"', "").replace("zeld&", "") if answer.status_code == 200 else ""
        )

    return look


def places_with_her(life: Life) -> set[tuple[str, str]]:
    look = looking(life)
    return {(who, where) for who, where in life.places if "zelda" in look(who, where)}


def test_who_leaves_is_nowhere_and_back_everywhere(life: Life) -> None:
    everywhere = set(life.places)
    assert everywhere - places_with_her(life) == set()
    accounts.leave(user=life.zelda, password="x")
    assert places_with_her(life) == set()
    accounts.come_back(user=life.zelda)
    assert everywhere - places_with_her(life) == set()


def test_what_staff_deactivate_is_hidden_as_well(life: Life) -> None:
    moderation.deactivate(user=life.zelda)
    assert places_with_her(life) == set()


def test_counts_stay_while_somebody_is_away(life: Life) -> None:
    def numbers() -> list[tuple[int, ...]]:
        while accounts.flush_counts():
            pass
        users = User.objects.order_by("id").values_list("follower_count", "following_count", "tweet_count")
        rows = TweetCounts.objects.order_by("tweet_id").values_list("like_count", "retweet_count", "reply_count")
        return [*users, *rows]

    before = numbers()
    accounts.leave(user=life.zelda, password="x")
    events.drain()
    assert numbers() == before
    assert counts.drift()[1] == []


def test_timelines_are_right_while_somebody_is_away_and_after_it(life: Life) -> None:
    def all_is_true() -> bool:
        return not list(filter(None, checking.differences(checking.viewer_ids(), page_size=3)))

    home_page(life.bob, limit=5)
    accounts.leave(user=life.zelda, password="x")
    assert all_is_true()
    post(life.bob, "Meanwhile")
    events.drain()
    assert all_is_true()
    accounts.come_back(user=life.zelda)
    assert all_is_true()
    assert Tweet.objects.filter(pk__in=[card.pk for card in home_page(life.zelda, limit=5).results], text="Meanwhile")


def test_others_cannot_act_on_who_is_away_but_can_take_back(life: Life) -> None:
    [own] = Tweet.objects.filter(author=life.zelda, text="Zelda says #stars")
    accounts.leave(user=life.zelda, password="x")
    bob = logged_in(life.bob)
    assert bob.post("/zelda/follow/").status_code == 404
    assert bob.post(f"/tweets/{own.pk}/like/").status_code == 404
    assert bob.post(f"/tweets/{own.pk}/reply/", {"text": "Hello?"}).status_code in (404, 422)
    assert tweets.unlike(user=life.bob, tweet=own)
    assert not Like.objects.filter(user=life.bob, tweet=own).exists()
    assert accounts.unfollow(follower=life.bob, followee=life.zelda)
    assert accounts.unblock(blocker=life.eve, blocked=life.zelda)
