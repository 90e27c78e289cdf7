"""What the pages gain with JavaScript, and that they keep their promises with it."""

import pytest
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import User
from socialgraph import events
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import post, posts
from tweets.models import Tweet
from tweets.text import clean_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pill_says_what_is_new(scripted: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    post(bob, "Old.")
    scripted.clock.install()
    log_in(scripted)
    pill = scripted.get_by_role("status").get_by_role("link")
    for number, words in ((1, "1 new post"), (11, "12 new posts")):
        posts(bob, number)
        events.drain()
        scripted.clock.fast_forward(26_000)
        expect(pill).to_have_text(words)
    pill.click()
    expect(cards(scripted)).to_have_count(13)
    expect(pill).to_have_count(0)


def test_two_clicks_post_once(scripted: Page, ada: User) -> None:
    log_in(scripted)
    scripted.get_by_label("What is happening?").fill("Once.")
    scripted.get_by_role("button", name="Post", exact=True).dblclick()
    expect(cards(scripted)).to_have_count(1)
    scripted.reload()
    expect(cards(scripted)).to_have_count(1)


def test_the_keyboard_keeps_its_place(scripted: Page, ada: User) -> None:
    post(ada)
    log_in(scripted)
    button = scripted.get_by_role("button", name="Like")
    button.focus()
    for state in ("true", "false", "true"):
        scripted.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", state)
        expect(button).to_be_focused()


def test_buttons_act_in_place_from_the_first_moment(scripted: Page, ada: User) -> None:
    scripted.add_init_script("const later = setTimeout; setTimeout = (act, delay) => delay && later(act, delay)")
    post(ada)
    log_in(scripted)
    mark(scripted)
    scripted.get_by_role("button", name="Like, 0").click()
    expect(scripted.get_by_role("button", name="Like, 1")).to_be_visible()
    assert is_same_page(scripted)


def test_the_counter_counts_as_the_server_does(scripted: Page, ada: User) -> None:
    log_in(scripted)
    field, counter = scripted.get_by_label("What is happening?"), scripted.locator("#counter")
    field.focus()
    expect(counter).to_have_text("280 left")
    for text in [
        "x",
        "  \n padded \u3000\ufeff",
        "e\u0301" * 280,
        "👩‍👩‍👧‍👧" * 41,
        "\u1100\u1161\u11a8 각 \u0958 \u2126",
        "two\nlines\n\n",
        "\u200b\u2060kept\u180e",
        "x" * 281,
    ]:
        field.fill(text)
        shown = counter.inner_text()
        left = -int(shown.split()[0]) if "too many" in shown else int(shown.split()[0])
        assert left == 280 - len(clean_text(text, maximum=1000)), ascii(text)


def test_an_error_is_said_and_nothing_is_lost(scripted: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    tweet = post(bob)
    log_in(scripted)
    Tweet.objects.filter(pk=tweet.pk).update(deleted_at="2026-01-01T00:00:00Z")
    with scripted.expect_response(lambda response: response.status == 410):
        scripted.get_by_role("button", name="Like, 0").click()
    expect(scripted.get_by_role("alert").filter(has_text="took this post back")).to_be_visible()
    expect(cards(scripted)).to_have_count(1)
    link = scripted.get_by_role("link", name="More")
    with scripted.expect_response(lambda response: response.status == 410):
        link.click()
    expect(scripted.locator(".pop")).to_have_count(0)
    expect(link).to_be_focused()


def test_keys_walk_and_act(scripted: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    older, newer = post(bob, "Older."), post(bob, "Newer.")
    log_in(scripted)
    scripted.keyboard.press("j")
    expect(scripted.locator(f"#t{newer.pk}")).to_be_focused()
    scripted.keyboard.press("j")
    expect(scripted.locator(f"#t{older.pk}")).to_be_focused()
    scripted.keyboard.press("l")
    expect(cards(scripted).last.get_by_role("button", name="Like, 1")).to_be_visible()
    cards(scripted).last.get_by_role("button", name="Bookmark").click()
    scripted.keyboard.press("k")
    expect(scripted.locator(f"#t{newer.pk}")).to_be_focused()
    scripted.keyboard.press("n")
    field = scripted.get_by_label("What is happening?")
    expect(field).to_be_focused()
    scripted.keyboard.type("jkl, just typed")
    scripted.keyboard.press("Control+Enter")
    expect(cards(scripted).first).to_contain_text("jkl, just typed")
    expect(scripted.locator("#toast")).to_have_text("Posted")
    scripted.locator(f"#t{newer.pk}").focus()
    scripted.keyboard.press("r")
    expect(scripted.get_by_label("Your reply to Bob")).to_be_focused()
    assert scripted.url.partition("#")[0].endswith(newer.get_absolute_url())


def test_ctrl_enter_posts_before_the_composer_has_its_file(scripted: Page, ada: User) -> None:
    log_in(scripted)
    scripted.route("**/composer*.js", lambda route: None)  # on its way for ever
    scripted.keyboard.press("n")
    expect(scripted.get_by_label("What is happening?")).to_be_focused()
    scripted.keyboard.type("Quick.")
    scripted.keyboard.press("Control+Enter")
    expect(cards(scripted).first).to_contain_text("Quick.")


def test_keys_are_explained_and_can_be_switched_off(scripted: Page, ada: User) -> None:
    post(ada)
    log_in(scripted)
    scripted.keyboard.press("?")
    expect(scripted.get_by_role("dialog", name="Keys")).to_be_visible()
    scripted.get_by_label("Use single letters as keys").uncheck()
    scripted.get_by_role("button", name="Close").click()
    scripted.reload()
    scripted.keyboard.press("j")
    expect(cards(scripted)).not_to_be_focused()


def test_more_posts_come_while_scrolling(scripted: Page, ada: User) -> None:
    posts(ada, 45)
    log_in(scripted)
    for shown in (40, 45):
        scripted.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        expect(cards(scripted)).to_have_count(shown)
        expect(scripted.locator("body")).to_be_focused()


def test_a_post_opens_where_nothing_else_happens(scripted: Page, ada: User) -> None:
    tweet = post(ada, "A post to open.")
    log_in(scripted)
    scripted.get_by_text("A post to open.").click()
    scripted.wait_for_url(f"**{tweet.get_absolute_url()}")


def test_without_a_connection_the_text_stays(scripted: Page, ada: User) -> None:
    log_in(scripted)
    scripted.get_by_label("What is happening?").fill("Written on a train.")
    scripted.context.set_offline(True)
    expect(scripted.get_by_role("alert").filter(has_text="You are offline")).to_be_visible()
    scripted.get_by_role("button", name="Post", exact=True).click()
    expect(scripted.get_by_role("alert").filter(has_text="The site did not answer")).to_be_visible()
    expect(scripted.get_by_label("What is happening?")).to_have_value("Written on a train.")
    scripted.context.set_offline(False)
    expect(scripted.get_by_role("alert")).to_be_hidden()
    scripted.get_by_role("button", name="Post", exact=True).click()
    expect(cards(scripted)).to_have_count(1)
