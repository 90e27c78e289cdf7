"""Posts that wait: what the composer answers, the page of drafts, and what its buttons do, with htmx and without."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from accounts.models import User
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post
from tweets.models import Draft, Media, Tweet
from tweets.services import delete_tweet, draft_post, post_draft, post_due_drafts, take_back

pytestmark = pytest.mark.django_db
HEADERS = pytest.mark.parametrize("headers", [None, HTMX], ids=["form", "htmx"])


@pytest.fixture
def ada() -> User:
    user = person("ada")
    accounts.choose_undo_send(user=user, seconds=10)
    return user


@pytest.fixture
def client(ada: User) -> Client:
    return logged_in(ada)


def draft(author: User, text: str = "Hello", seconds: int = 10, **more: Any) -> Draft:
    made = draft_post(author=author, text=text, seconds=seconds, **more)
    assert isinstance(made, Draft)
    return made


def image(owner: User) -> Media:
    return Media.objects.create(owner=owner, file="media/a.webp", width=2, height=1, alt="A cat")


def typed(page: str) -> list[str]:
    return [unescape(text) for text in re.findall(r'<textarea id="id_text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)]


class TestTheComposer:
    def test_a_form_leads_to_what_waits(self, ada: User, client: Client) -> None:
        response = client.post("/compose/", {"text": "Hello", "key": "k", "next": "/ada/"}, follow=True)
        made = Draft.objects.get()
        assert response.redirect_chain == [(f"/drafts/?next=%2Fada%2F#d{made.pk}", 302)]
        assert "Will be posted at" in html(response)
        assert 'href="/ada/">Back to where you were' in html(response)
        assert not Tweet.objects.exists()

    def test_htmx_gets_what_waits_and_an_empty_composer(self, client: Client) -> None:
        response = client.post("/compose/", {"text": "Hello", "key": "k", "next": "/"}, headers=HTMX)
        assert response.status_code == 200
        assert typed(html(response)) == [""]
        assert f'id="d{Draft.objects.get().pk}"' in html(response)
        assert card_ids(response) == []

    @HEADERS
    def test_replies_and_quotes_wait_too(self, ada: User, client: Client, headers: dict[str, str] | None) -> None:
        tweet = post(person("bob"))
        for kind in ("reply", "quote"):
            client.post(f"/tweets/{tweet.pk}/{kind}/", {"text": kind, "key": kind}, headers=headers)
        assert [(d.text, d.reply_to, d.quote_of) for d in Draft.objects.order_by("pk")] == [
            *[("reply", tweet, None), ("quote", None, tweet)]
        ]
        assert not Tweet.objects.filter(author=ada).exists()

    @HEADERS
    def test_a_refused_text_comes_back_at_once(self, client: Client, headers: dict[str, str] | None) -> None:
        response = client.post("/compose/", {"text": "x" * 281, "key": "k"}, headers=headers)
        assert response.status_code == 422
        assert typed(html(response)) == ["x" * 281]
        assert not Draft.objects.exists()

    def test_images_wait_with_it(self, ada: User, client: Client) -> None:
        cat = image(ada)
        client.post("/compose/", {"text": "", "key": "k", "media": [str(cat.pk)], f"alt_{cat.pk}": "A cat"})
        assert Draft.objects.get().media_ids == [cat.pk]

    def test_sent_twice_it_waits_once(self, client: Client) -> None:
        for _ in range(2):
            client.post("/compose/", {"text": "Hello", "key": "k"})
        assert Draft.objects.count() == 1

    def test_without_a_window_it_is_posted_at_once(self) -> None:
        logged_in(person("bob")).post("/compose/", {"text": "Hello", "key": "k"})
        assert Tweet.objects.get().text == "Hello"

    def test_the_api_posts_at_once(self, client: Client) -> None:
        response = client.post("/api/tweets", {"text": "Hello"}, content_type="application/json")
        assert response.status_code == 201
        assert not Draft.objects.exists()


class TestUndo:
    def test_it_leads_to_the_composer_with_the_words(self, ada: User, client: Client) -> None:
        cat = image(ada)
        made = draft(ada, "Hello <b>", media_ids=[cat.pk])
        response = client.post(f"/drafts/{made.pk}/undo/", follow=True)
        assert response.redirect_chain == [(f"/compose/?draft={made.pk}", 302)]
        assert typed(html(response)) == ["Hello <b>"]
        assert f'name="draft" value="{made.pk}"' in html(response)
        assert f'name="media" value="{cat.pk}"' in html(response)

    @pytest.mark.parametrize("kind", ["reply", "quote"])
    def test_of_a_reply_or_quote(self, ada: User, client: Client, kind: str) -> None:
        tweet = post(person("bob"))
        more: dict[str, Any] = {"reply_to" if kind == "reply" else "quote_of": tweet}
        made = draft(ada, "Yes", **more)
        response = client.post(f"/drafts/{made.pk}/undo/", follow=True)
        assert response.redirect_chain == [(f"/tweets/{tweet.pk}/{kind}/?draft={made.pk}", 302)]
        assert typed(html(response)) == ["Yes"]

    def test_posting_the_words_again_ends_the_draft(self, ada: User, client: Client) -> None:
        for seconds in (10, 0):
            accounts.choose_undo_send(user=ada, seconds=seconds)
            made = draft(ada, "Helo")
            take_back(author=ada, draft_id=made.pk)
            client.post("/compose/", {"text": "Hello", "key": f"k{seconds}", "draft": str(made.pk)})
            assert not Draft.objects.filter(pk=made.pk).exists()
        assert [d.text for d in Draft.objects.all()] == ["Hello"]
        assert Tweet.objects.get().text == "Hello"

    def test_htmx_fills_an_empty_composer_in_place(self, ada: User, client: Client) -> None:
        made = draft(ada, "Hello")
        response = client.post(f"/drafts/{made.pk}/undo/", {"text": "", "next": "/"}, headers=HTMX)
        assert typed(html(response)) == ["Hello"]
        assert 'hx-target="#composer"' in html(response)

    @pytest.mark.parametrize("others", [{"text": "Something else"}, {}, {"text": "", "media": "5"}])
    def test_htmx_overwrites_nothing(self, ada: User, client: Client, others: dict[str, str]) -> None:
        made = draft(ada, "Hello")
        response = client.post(f"/drafts/{made.pk}/undo/", others, headers=HTMX)
        assert response.headers["HX-Redirect"] == f"/compose/?draft={made.pk}"

    @HEADERS
    def test_too_late(self, ada: User, client: Client, headers: dict[str, str] | None) -> None:
        made = draft(ada, "Hello", seconds=0)
        post_due_drafts()
        path = f"/drafts/{made.pk}/undo/?key={quote(made.key)}"
        response = client.post(path, headers=headers, follow=True)
        assert "Posted." in html(response) if headers else "posted already" in html(response)
        assert Tweet.objects.count() == 1


class TestTheOtherButtons:
    @HEADERS
    def test_post_now(self, ada: User, client: Client, headers: dict[str, str] | None) -> None:
        made = draft(ada)
        response = client.post(f"/drafts/{made.pk}/post/", headers=headers)
        tweet = Tweet.objects.get()
        assert tweet.get_absolute_url() in (html(response) if headers else response.headers["Location"])

    def test_on_the_home_page_the_card_comes_on_top(self, ada: User, client: Client) -> None:
        made = draft(ada)
        headers = HTMX | {"HX-Current-URL": "http://testserver/"}
        assert card_ids(client.post(f"/drafts/{made.pk}/post/", headers=headers)) == [Tweet.objects.get().pk]

    @HEADERS
    def test_what_cannot_be_posted_says_why(self, ada: User, client: Client, headers: dict[str, str] | None) -> None:
        tweet = post(person("bob"))
        made = draft(ada, "Yes", reply_to=tweet)
        delete_tweet(tweet=tweet, by=tweet.author)
        response = client.post(f"/drafts/{made.pk}/post/", headers=headers, follow=True)
        assert "was deleted" in html(response)
        assert "Edit as a new post" in html(response)
        assert "Try again" not in html(response)
        assert f"/compose/?draft={made.pk}" in html(response)

    @HEADERS
    def test_discard(self, ada: User, client: Client, headers: dict[str, str] | None) -> None:
        made = draft(ada, media_ids=[image(ada).pk])
        assert "Discarded" in html(client.post(f"/drafts/{made.pk}/discard/", headers=headers, follow=True))
        assert not Draft.objects.exists()
        assert not Media.objects.exists()

    @HEADERS
    @pytest.mark.parametrize("what", ["undo", "post", "discard"])
    def test_others_find_nothing(self, ada: User, headers: dict[str, str] | None, what: str) -> None:
        made = draft(ada, "Secret")
        bob = logged_in(person("bob"))
        response = bob.post(f"/drafts/{made.pk}/{what}/?key={quote(made.key)}", headers=headers, follow=True)
        assert "Secret" not in html(response)
        assert Draft.objects.get().due_at is not None
        assert "Secret" not in html(bob.get(f"/compose/?draft={made.pk}"))
        assert "Secret" not in html(bob.get(f"/drafts/{made.pk}/?key={quote(made.key)}", headers=HTMX))
        assert Client().post(f"/drafts/{made.pk}/{what}/").headers["Location"].startswith("/accounts/login/")
        assert client_status(bob, f"/drafts/{made.pk}/{what}/") == 405


def client_status(client: Client, path: str) -> int:
    return client.get(path).status_code


class TestWhatBecameOfIt:
    def test_it_waits_it_is_posted(self, ada: User, client: Client) -> None:
        made = draft(ada, seconds=30)
        path = f"/drafts/{made.pk}/?key={quote(made.key)}"
        assert "data-left" in html(client.get(path, headers=HTMX))
        post_draft(author=ada, draft_id=made.pk)
        assert Tweet.objects.get().get_absolute_url() in html(client.get(path, headers=HTMX))
        delete_tweet(tweet=Tweet.objects.get(), by=ada)
        assert "Discarded" in html(client.get(path, headers=HTMX))
        assert client.get(path).headers["Location"] == f"/drafts/#d{made.pk}"

    def test_the_window_has_ended_and_no_worker_came_yet(self, ada: User, client: Client) -> None:
        made = draft(ada, seconds=0)
        page = html(client.get(f"/drafts/{made.pk}/", headers=HTMX))
        assert "Posting …" in page
        assert 'hx-trigger="load delay:1000ms"' in page


class TestThePage:
    def test_it_lists_what_waits_was_refused_or_taken_back(self, ada: User, client: Client) -> None:
        tweet = post(person("bob"))
        draft(ada, "Waiting", reply_to=tweet)
        taken = draft(ada, "Taken")
        take_back(author=ada, draft_id=taken.pk)
        page = html(client.get("/drafts/"))
        assert page.index("Taken back") < page.index("Will be posted at")
        assert "In reply to" in page
        assert "@bob" in page
        assert "Secret" not in html(logged_in(person("eve")).get("/drafts/"))

    def test_empty(self, client: Client) -> None:
        page = html(client.get("/drafts/?next=//evil.example/"))
        assert "Nothing waits here" in page
        assert "evil.example" not in page.split("<main")[1].split("</main")[0]

    @pytest.mark.parametrize("count", [1, 20])
    def test_queries(
        self, ada: User, client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The user, the drafts, the images, what they answer."""
        for n in range(count):
            draft(ada, f"Number {n}", reply_to=post(person(f"p{n}")), media_ids=[image(ada).pk])
        client.get("/drafts/")
        with django_assert_num_queries(4):
            response = client.get("/drafts/")
        assert html(response).count('class="held panel"') == count


class TestChoosing:
    def test_in_the_settings(self, client: Client) -> None:
        assert '<option value="10" selected>' in html(client.get("/accounts/profile/"))
        response = client.post("/accounts/posting/", {"seconds": "30"}, follow=True)
        assert response.redirect_chain == [("/accounts/profile/#posting", 302)]
        assert "Your choice is saved." in html(response)
        assert User.objects.get().preferences == {"undo_send_seconds": 30}

    @pytest.mark.parametrize("seconds", ["7", "", "x"])
    def test_what_is_not_offered_is_refused(self, client: Client, seconds: str) -> None:
        assert client.post("/accounts/posting/", {"seconds": seconds}).status_code == 422
        assert User.objects.get().preferences == {"undo_send_seconds": 10}
