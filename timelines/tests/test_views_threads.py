"""The page of a post: what stands above it, the tree below it, and what is not shown."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import services as accounts
from accounts.models import User
from socialgraph.pagination import encode_cursor
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post, walk
from tweets import services as tweets
from tweets.models import Tweet

pytestmark = pytest.mark.django_db


_ROW = re.compile(r'<div class="row([^"]*)">(.*?)(?=<div class="row|<p class="more"|\Z)', re.DOTALL)


@pytest.fixture
def ada() -> User:
    return person("ada", display_name="Ada")


@pytest.fixture
def bob() -> User:
    return person("bob", display_name="Bob")


def rows(page: Any) -> list[tuple[str, str]]:
    """(classes, the card's id or the words in its place) of the tree."""
    feed = html(page).partition('id="feed"')[2].partition("</section>")[0] or html(page)
    found = []
    for classes, inner in re.findall(
        r'<div class="row([^"]*)">(.*?)(?=<div class="row|<p class="more"|\Z)', feed, re.S
    ):
        card, gap = (
            re.search(r'<article class="card" id="t(\d+)"', inner),
            re.search(r'<p class="gap">(.*?)</p>', inner),
        )
        found.append((classes.strip(), card[1] if card else gap[1] if gap else "?"))
    return found


def texts(page: Any) -> list[str]:
    return [text for _, text in rows(page)]


def chain(author: User, root: Tweet, length: int) -> list[Tweet]:
    made = [root]
    for n in range(length):
        made.append(post(author, f"{n}", made[-1]))
    return made[1:]


def delete(tweet: Tweet) -> None:
    tweets.delete_tweet(tweet=tweet, by=tweet.author)


def test_a_tree_is_drawn_with_branches_indented_and_only_answers_in_line(client: Client, ada: User) -> None:
    root = post(ada)
    a = post(ada, "A.", root)
    a1, a2 = post(ada, "A1.", a), post(ada, "A2.", a)
    a11 = post(ada, "A11.", a1)
    b = post(ada, "B.", root)
    b1 = post(ada, "B1.", b)
    page = client.get(root.get_absolute_url())
    assert rows(page) == [
        ("", f"{a.pk}"),
        ("in in-1 tail", f"{a1.pk}"),
        ("in in-1 tied", f"{a11.pk}"),
        ("in in-1", f"{a2.pk}"),
        ("tail", f"{b.pk}"),
        ("tied", f"{b1.pk}"),
    ]
    assert card_ids(page)[0] == root.pk
    assert "Log in to reply" in html(page)
    assert html(page).count("<h1") == 1
    assert '<h2 id="replies"' in html(page)


def test_branches_below_the_last_indent_say_whom_they_answer(client: Client, ada: User) -> None:
    tweet = root = post(ada)
    branching = []
    for _ in range(6):
        tweet = post(ada, "Two follow.", tweet)
        branching.append(tweet)
    for parent in branching:
        post(ada, "The other.", parent)
    classes = [classes for classes, _ in rows(client.get(root.get_absolute_url()))]
    assert classes[:6] == ["", "in in-1", "in in-2", "in in-3", "in in-4", "in in-4 tail apart"]


@pytest.mark.parametrize("headers", [None, HTMX])
def test_pages_walk_the_whole_tree_in_its_order(
    client: Client, ada: User, bob: User, headers: Any, settings: Settings
) -> None:
    root = post(ada)
    expected: list[int] = []
    for _ in range(9):
        a = post(bob, "A.", root)
        a1, a11 = chain(ada, a, 2)
        a2 = post(bob, "A2.", a)
        a12 = post(bob, "A12.", a1)
        expected += [a.pk, a1.pk, a11.pk, a12.pk, a2.pk]
    pages = list(walk(client, root.get_absolute_url(), headers))
    walked = [tweet_id for n, page in enumerate(pages) for tweet_id in (page[1:] if not (n and headers) else page)]
    assert walked == expected
    assert len(pages) == 2
    settings.THREAD_PAGE = 7
    small = list(walk(client, root.get_absolute_url(), HTMX))
    assert [tweet_id for page in small for tweet_id in page][1:] == expected


def test_what_answers_something_on_an_earlier_page_says_so(client: Client, ada: User, bob: User) -> None:
    root = post(ada)
    a = post(bob, "A.", root)
    for n in range(3):
        post(ada, f"{n}", a)
    path = f"{root.get_absolute_url()}?limit=2"
    more = re.search(r'hx-get="([^"]+)"', html(client.get(path)))
    assert more
    page = client.get(f"{root.get_absolute_url()}{more[1].replace('&amp;', '&')}")
    assert [classes for classes, _ in rows(page)] == ["apart", "apart"]
    assert "Show the replies from the beginning" in html(page)
    assert html(page).count(f'In reply to <a href="/tweets/{a.pk}/">@bob</a>') == 2


def test_a_wrong_cursor_tells_nothing_of_a_hidden_post(client: Client, ada: User, bob: User) -> None:
    tweet, other = post(bob), post(ada)
    answer = post(ada, "Elsewhere.", other)
    address = f"{tweet.get_absolute_url()}?cursor={encode_cursor(answer.pk)}"
    assert client.get(address).status_code == 400
    accounts.protect(user=bob, protected=True)
    assert client.get(address).status_code == 404
    assert logged_in(ada).get(address).status_code == 404


def test_a_cursor_of_another_conversation_is_a_clear_400(client: Client, ada: User) -> None:
    root, other = post(ada), post(ada)
    for _ in range(3):
        post(ada, "x", root)
    more = re.search(r"cursor=([\w-]+)", html(client.get(f"{root.get_absolute_url()}?limit=1")))
    assert more
    response = client.get(f"{other.get_absolute_url()}?cursor={more[1]}")
    assert response.status_code == 400
    assert "no longer in this conversation" in html(response)
    assert f'href="{other.get_absolute_url()}"' in html(response)


def test_deleted_posts_leave_one_line_for_several(client: Client, ada: User, bob: User) -> None:
    root = post(ada)
    gone = [post(bob, "Gone.", root) for _ in range(3)]
    left, single, last = post(bob, "Left.", root), post(bob, "Gone.", root), post(bob, "Last.", root)
    for tweet in [*gone, single]:
        delete(tweet)
    page = client.get(root.get_absolute_url())
    assert texts(page) == ["3 posts were deleted", f"{left.pk}", "This post was deleted", f"{last.pk}"]
    assert "Gone." not in html(page)


def test_what_is_hidden_leaves_a_line_above_what_is_not_and_nothing_elsewhere(client: Client, ada: User) -> None:
    shy, friend = person("shy", protected=True), person("friend")
    accounts.follow(follower=friend, followee=shy)
    accounts.approve_request(followee=shy, follower=friend)
    root = post(ada)
    hidden = post(shy, "For friends.", root)
    post(shy, "Also for friends.", root)
    under = post(friend, "To a friend.", hidden)
    shys_deleted = post(shy, "Deleted.", root)
    delete(shys_deleted)
    for stranger in (client, logged_in(ada)):
        page = stranger.get(root.get_absolute_url())
        assert texts(page) == ["This post cannot be shown to you", f"{under.pk}"]
        assert "friends." not in html(page)
        assert stranger.get(hidden.get_absolute_url()).status_code == 404
        assert stranger.get(shys_deleted.get_absolute_url()).status_code == 404
        assert texts_above(stranger.get(under.get_absolute_url())) == [f"{root.pk}", "This post cannot be shown to you"]
    seen = texts(logged_in(friend).get(root.get_absolute_url()))
    assert seen[:2] == [f"{hidden.pk}", f"{under.pk}"]
    assert seen[3] == "This post was deleted"


def texts_above(page: Any) -> list[str]:
    above = html(page).partition('<section class="above"')[2].partition("</section>")[0]
    found = re.findall(r'<article class="card" id="t(\d+)"|<p class="gap">(?:<a[^>]*>)?([^<]*)', above)
    return [card or gap for card, gap in found]


def test_a_long_chain_above_shows_its_beginning_and_its_end(client: Client, ada: User, settings: Settings) -> None:
    settings.THREAD_ABOVE = 20
    root = post(ada)
    made = chain(ada, root, 25)
    page = client.get(made[24].get_absolute_url())
    assert texts_above(page) == [f"{root.pk}", "Show 5 earlier posts", *(f"{tweet.pk}" for tweet in made[5:24])]
    link = f"{made[5].get_absolute_url()}#t{made[5].pk}"
    assert f'<a href="{link}">Show 5 earlier posts' in html(page)
    assert texts_above(client.get(made[5].get_absolute_url())) == [f"{t.pk}" for t in [root, *made[:5]]]


def test_the_last_level_of_the_tree_goes_on_flat(client: Client, ada: User, settings: Settings) -> None:
    settings.THREAD_LEVELS, settings.THREAD_ABOVE = 3, 4
    root = post(ada)
    made = chain(ada, root, 9)
    aside = post(ada, "Aside.", made[4])
    page = client.get(root.get_absolute_url())
    assert texts(page) == [f"{tweet.pk}" for tweet in [*made, aside]]
    assert rows(page)[-1][0] == "apart"
    deep = client.get(made[7].get_absolute_url())
    assert "Later in this conversation" in html(deep)
    assert texts(deep) == [f"{made[8].pk}", f"{aside.pk}"]
    assert texts_above(deep)[:2] == [f"{root.pk}", "Show earlier posts"]


@pytest.mark.parametrize("headers", [None, HTMX])
def test_the_page_of_a_deleted_post_keeps_the_conversation(client: Client, ada: User, bob: User, headers: Any) -> None:
    root = post(ada, "Root.")
    middle = post(bob, "Middle.", root)
    leaf = post(ada, "Leaf.", middle)
    delete(middle)
    response = client.get(middle.get_absolute_url(), headers=headers)
    assert response.status_code == (200 if headers else 410)
    assert texts(response) == [f"{leaf.pk}"]
    assert "Middle." not in html(response)
    if headers is None:
        assert texts_above(response) == [f"{root.pk}"]
        assert "This post was deleted</h1>" in html(response)
        assert 'id="id_text"' not in html(logged_in(bob).get(middle.get_absolute_url()))


def test_the_page_of_an_erased_root_keeps_the_conversation(client: Client, ada: User, bob: User) -> None:
    root = post(bob, "Root.")
    leaf = post(ada, "Leaf.", root)
    hidden_root = post(bob, "Other.")
    post(person("shy", protected=True), "For friends.", hidden_root)
    Tweet.objects.filter(author=bob).delete()
    response = client.get(f"/tweets/{root.pk}/")
    assert response.status_code == 410
    assert texts(response) == [f"{leaf.pk}"]
    assert texts_above(client.get(leaf.get_absolute_url())) == ["This post was deleted"]
    assert client.get(f"/tweets/{hidden_root.pk}/").status_code == 404


def test_what_is_muted_is_folded_and_can_be_opened(ada: User, bob: User) -> None:
    root = post(ada)
    of_bob = post(bob, "Hello.", root)
    answer = post(ada, "To Bob.", of_bob)
    spoiler = post(person("carol"), "The butler did it.", root)
    own = post(ada, "My butler.", root)
    accounts.mute(muter=ada, muted=bob)
    accounts.mute_word(user=ada, word="butler")
    page = html(logged_in(ada).get(root.get_absolute_url()))
    for summary, tweet in (("A post by somebody you muted", of_bob), ("A post with a word you muted", spoiler)):
        assert re.search(
            rf'<details class="folded"><summary>{summary}</summary>[^<]*<article class="card" id="t{tweet.pk}"', page
        )
    assert page.count("<summary>A post") == 2
    assert f'id="t{own.pk}"' in page
    above = html(logged_in(ada).get(answer.get_absolute_url()))
    assert above.count("<summary>A post by somebody you muted") == 1
    assert "<summary>A post" not in html(logged_in(bob).get(root.get_absolute_url()))


@pytest.mark.parametrize("count", [1, 20, 40])
def test_gaps_cost_one_query_however_many(
    ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The user, the tweet, the places, their cards, what is missing, what is muted."""
    shy = person("shy", protected=True)
    root = post(ada)
    for n in range(count):
        hidden_answer(shy, root, n)
    client, path = logged_in(bob), f"{root.get_absolute_url()}?limit=100"
    client.get(path)
    with django_assert_num_queries(6):
        page = client.get(path)
    assert texts(page).count("This post cannot be shown to you") == count


def hidden_answer(shy: User, root: Tweet, n: int) -> Tweet:
    """An answer that everybody could see when it was answered."""
    User.objects.filter(pk=shy.pk).update(protected=False)
    tweet = post(shy, f"{n}", root)
    post(person(f"x{n}"), "y", tweet)
    User.objects.filter(pk=shy.pk).update(protected=True)
    return tweet


@pytest.mark.parametrize("count", [1, 20, 40])
def test_a_later_page_and_the_page_of_a_reply(
    ada: User, bob: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Later: one query more, for the cursor's place. Of a reply: as many as of any post."""
    root = post(ada)
    first = post(ada, "First.", root)
    for n in range(2 * count + 1):
        post(bob, f"{n}", first)
    client = logged_in(bob)
    more = re.search(r'hx-get="([^"]+)"', html(client.get(f"{root.get_absolute_url()}?limit={count}")))
    assert more
    with django_assert_num_queries(6):
        page = client.get(f"{root.get_absolute_url()}{more[1].replace('&amp;', '&')}")
    assert len(texts(page)) == count
    with django_assert_num_queries(5):
        page = client.get(f"{first.get_absolute_url()}?limit={count}")
    assert len(texts(page)) == count
