"""Writing, replying, deleting: as a form and by htmx; nothing typed is lost, nothing is posted twice."""

import re
import unicodedata

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from timelines.forms import PostForm
from timelines.tests.site import HTMX, card_ids, html, logged_in, person, post
from tweets.models import Tweet
from tweets.services import delete_tweet

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # for what happens after commit

HEADERS = pytest.mark.parametrize("headers", [None, HTMX])


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def client(ada: User) -> Client:
    return logged_in(ada)


def keys(page: str) -> list[str]:
    return re.findall(r'name="key" value="([^"]+)"', page)


@committed
def test_a_form_posts_and_returns_to_the_page_with_the_post_on_top(ada: User, client: Client) -> None:
    client.get("/")
    for n in range(3):
        response = client.post("/compose/", {"text": f"Post {n}.", "key": f"k{n}", "next": "/"}, follow=True)
        assert response.redirect_chain == [("/", 302)]
        assert card_ids(response)[0] == Tweet.objects.latest("pk").pk
    assert len(card_ids(client.get("/"))) == 3


def test_htmx_gets_the_card_and_an_empty_composer(client: Client) -> None:
    response = client.post("/compose/", {"text": " Ünïted\r\n", "key": "k", "next": "/"}, headers=HTMX)
    assert response.status_code == 200
    tweet = Tweet.objects.get()
    assert tweet.text == "Ünïted"
    assert card_ids(response) == [tweet.pk]
    [composer] = re.findall(r'<hx-partial hx-target="#composer"[^>]*>(.*?)</hx-partial>', html(response), re.DOTALL)
    assert "Ünïted" not in composer
    assert keys(composer) not in ([], ["k"])
    assert 'name="next" value="/"' in composer


@HEADERS
@pytest.mark.parametrize("text", ["", " \r\n\u3000", "\u200b", "x" * 281, "é" * 300 + "<b>", "a\x00b", "a\x07b"])
def test_a_refused_text_comes_back_as_it_was_typed(client: Client, text: str, headers: dict[str, str] | None) -> None:
    response = client.post("/compose/", {"text": text, "key": "k", "next": "/ada/"}, headers=headers)
    assert response.status_code == 422
    page = html(response)
    assert not Tweet.objects.exists()
    [typed] = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert typed == text.replace("<", "&lt;").replace(">", "&gt;")
    assert 'role="alert"' in page
    assert 'aria-invalid="true"' in page
    assert ("<html" in page) is (headers is None)
    assert 'name="next" value="/ada/"' in page


@HEADERS
def test_a_refused_reply_comes_back_too(ada: User, client: Client, headers: dict[str, str] | None) -> None:
    tweet = post(person("bob"))
    response = client.post(f"/tweets/{tweet.pk}/reply/", {"text": "y" * 285, "key": "k"}, headers=headers)
    assert response.status_code == 422
    assert "y" * 285 in html(response)
    assert "Remove 5 characters" in html(response)
    assert f'action="/tweets/{tweet.pk}/reply/"' in html(response)


@pytest.mark.parametrize(
    "text", ["x" * 280, "👩‍👩‍👧‍👧" * 40, unicodedata.normalize("NFD", "é" * 280), "\n" + "z" * 280 + "\r\n"]
)
def test_a_text_of_the_full_length_is_posted(client: Client, text: str) -> None:
    assert client.post("/compose/", {"text": text}).status_code == 302
    assert Tweet.objects.count() == 1


@HEADERS
def test_sending_a_form_twice_posts_once(client: Client, headers: dict[str, str] | None) -> None:
    form = {"text": "Once.", "key": "k" * 22, "next": "/"}
    for _ in range(3):
        assert client.post("/compose/", form, headers=headers).status_code in (200, 302)
    assert Tweet.objects.count() == 1


@HEADERS
def test_sending_a_reply_twice_posts_and_counts_once(client: Client, headers: dict[str, str] | None) -> None:
    tweet = post(person("bob"))
    for _ in range(2):
        client.post(f"/tweets/{tweet.pk}/reply/", {"text": "Once.", "key": "k"}, headers=headers)
    assert Tweet.objects.filter(reply_to=tweet).count() == 1
    assert 'aria-label="Replies, 1"' in html(client.get(tweet.get_absolute_url()))


def test_another_text_under_an_old_key_is_another_post(client: Client) -> None:
    """The browser's Back brings the sent form with its key; what is typed into it then must not be lost."""
    client.post("/compose/", {"text": "First thought.", "key": "k"})
    client.post("/compose/", {"text": "Second thought.", "key": "k"})
    assert set(Tweet.objects.values_list("text", flat=True)) == {"First thought.", "Second thought."}


def test_without_a_key_every_sending_is_a_post(client: Client) -> None:
    for _ in range(2):
        client.post("/compose/", {"text": "Again."})
    assert Tweet.objects.count() == 2


def test_a_key_that_is_too_long_is_refused_and_the_text_kept(client: Client) -> None:
    response = client.post("/compose/", {"text": "Kept.", "key": "k" * 65})
    assert response.status_code == 422
    assert "Kept." in html(response)


def test_what_was_deleted_is_posted_anew_only_on_request(ada: User, client: Client) -> None:
    form = {"text": "Regretted.", "key": "k"}
    client.post("/compose/", form)
    delete_tweet(tweet=Tweet.objects.get(), by=ada)
    response = client.post("/compose/", form)
    assert response.status_code == 422
    assert "Send it once more" in html(response)
    assert "Regretted." in html(response)
    [key] = keys(html(response))
    assert client.post("/compose/", form | {"key": key}).status_code == 302
    assert Tweet.objects.filter(deleted_at=None).count() == 1


@HEADERS
def test_a_reply_stands_under_its_tweet(ada: User, client: Client, headers: dict[str, str] | None) -> None:
    tweet = post(person("bob"))
    response = client.post(f"/tweets/{tweet.pk}/reply/", {"text": "Yes."}, headers=headers)
    answer = Tweet.objects.get(reply_to=tweet)
    assert answer.conversation_id == tweet.pk
    if headers:
        assert card_ids(response) == [answer.pk]
        assert 'aria-label="Replies, 1"' in html(response)
    else:
        assert response.headers["Location"] == f"/tweets/{tweet.pk}/#t{answer.pk}"
    page = client.get(f"/tweets/{tweet.pk}/")
    assert card_ids(page) == [tweet.pk, answer.pk]
    assert 'aria-label="Replies, 1"' in html(page)
    assert f'In reply to <a href="/tweets/{tweet.pk}/">@bob</a>' in html(client.get("/ada/replies/"))


@pytest.fixture
def answered(ada: User, settings: Settings, count: int) -> Tweet:
    """A post with `count` answers, of which a page has five."""
    settings.THREAD_PAGE = 5
    tweet = post(ada)
    for n in range(count):
        post(ada, f"{n}", tweet)
    return tweet


@pytest.mark.parametrize("count", [4, 5])
def test_a_reply_behind_the_first_page_is_shown_where_it_stands(client: Client, answered: Tweet, count: int) -> None:
    tweet = answered
    response = client.post(f"/tweets/{tweet.pk}/reply/", {"text": "Last."})
    reply = Tweet.objects.latest("pk")
    page = tweet if count < 5 else reply
    assert response.headers["Location"] == f"/tweets/{page.pk}/#t{reply.pk}"
    shown = card_ids(client.get(f"/tweets/{page.pk}/"))
    assert (shown[0], shown[-1]) == (tweet.pk, reply.pk)


@pytest.mark.parametrize("count", [4, 5])
def test_htmx_goes_to_a_reply_unless_others_are_still_to_come_before_it(
    client: Client, answered: Tweet, count: int
) -> None:
    answer = html(client.post(f"/tweets/{answered.pk}/reply/", {"text": "Last."}, headers=HTMX))
    assert (' tabindex="-1" autofocus' in answer) is (count < 5)


@HEADERS
def test_what_is_gone_or_never_was_gets_no_reply(ada: User, client: Client, headers: dict[str, str] | None) -> None:
    tweet = post(ada)
    delete_tweet(tweet=tweet, by=ada)
    assert client.post(f"/tweets/{tweet.pk}/reply/", {"text": "Hm."}, headers=headers).status_code == 410
    assert client.post("/tweets/1/reply/", {"text": "Hm."}, headers=headers).status_code == 404


def test_composer_and_reply_are_pages_of_their_own(ada: User, client: Client) -> None:
    tweet = post(ada)
    for path in ("/compose/", f"/tweets/{tweet.pk}/reply/"):
        response = client.get(path)
        assert response.status_code == 200
        assert 'name="text"' in html(response)
        assert "maxlength" not in html(response)


@HEADERS
@pytest.mark.parametrize("path", ["/compose/", "reply/", "delete/"])
def test_visitors_log_in_first(path: str, headers: dict[str, str] | None) -> None:
    tweet = post(person("bob"))
    path = path if path.startswith("/") else f"/tweets/{tweet.pk}/{path}"
    response = Client().post(path, {"text": "Hi.", "next": "/bob/"}, headers=headers)
    assert response.headers["HX-Redirect" if headers else "Location"] == "/accounts/login/?next=/bob/"
    assert list(Tweet.objects.values_list("deleted_at")) == [(None,)]


@HEADERS
def test_what_was_written_before_a_session_ended_is_shown_at_the_log_in(headers: dict[str, str] | None) -> None:
    client = Client()
    response = client.post("/compose/", {"text": "Hi <b>.", "next": "/"}, headers=headers)
    page = html(client.get(response.headers["HX-Redirect" if headers else "Location"]))
    assert "nothing was changed. You wrote: “Hi &lt;b&gt;.”" in page
    client.post("/bob/follow/", {"next": "/"}, headers=headers)
    assert "You wrote" not in html(client.get("/accounts/login/"))


def test_deleting_returns_to_the_list_or_leaves_the_page_that_is_gone(ada: User, client: Client) -> None:
    for page, expected in [("/?limit=3", "/?limit=3"), ("own", "/ada/"), ("own?cursor=", "/ada/")]:
        tweet = post(ada)
        page = page.replace("own", tweet.get_absolute_url())
        response = client.post(f"/tweets/{tweet.pk}/delete/", {"next": page})
        assert (response.status_code, response.headers["Location"]) == (302, expected)
        assert html(client.get(expected)).count("Your post was deleted.") == 1
    assert not Tweet.objects.filter(deleted_at=None).exists()


def test_deleting_by_htmx_replaces_the_card_or_leaves_the_page(ada: User, client: Client) -> None:
    tweet, other = post(ada), post(ada)
    response = client.post(f"/tweets/{tweet.pk}/delete/", {"next": "/"}, headers=HTMX)
    assert "deleted" in html(response)
    assert "<article" not in html(response)
    assert "deleted" not in html(client.get("/ada/")), "the line in its place said so"
    response = client.post(f"/tweets/{other.pk}/delete/", {"next": other.get_absolute_url()}, headers=HTMX)
    assert response.headers["HX-Redirect"] == "/ada/"
    assert "Your post was deleted." in html(client.get("/ada/"))


@HEADERS
def test_nobody_deletes_what_others_wrote(client: Client, headers: dict[str, str] | None) -> None:
    tweet = post(person("bob"))
    response = client.post(f"/tweets/{tweet.pk}/delete/", headers=headers)
    assert response.status_code == 403
    assert "Only the author can delete" in html(response)
    assert Tweet.objects.get().deleted_at is None
    assert "Delete this post" not in html(client.get(tweet.get_absolute_url()))
    assert client.post("/tweets/1/delete/", headers=headers).status_code == 404


def test_the_form_names_the_length_that_the_server_checks() -> None:
    assert PostForm.text_max == 280


@HEADERS
def test_who_posts_and_deletes_sees_their_own_count_at_once(
    ada: User, client: Client, headers: dict[str, str] | None
) -> None:
    client.post("/compose/", {"text": "One."}, headers=headers)
    client.post(f"{Tweet.objects.get().get_absolute_url()}reply/", {"text": "Two."}, headers=headers)
    assert html(client.get("/ada/")).count("<b>2</b> posts") == 2  # the profile, and the visitor's own numbers
    response = client.post(f"/tweets/{Tweet.objects.latest('pk').pk}/delete/", headers=headers)
    if headers:
        assert "<b>1</b> post<" in html(response)
    assert html(client.get("/ada/")).count("<b>1</b> post<") == 2
