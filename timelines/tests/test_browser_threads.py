"""A conversation in a browser, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts import services as accounts
from accounts.models import User
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import post
from tweets.models import Tweet
from tweets.services import delete_tweet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def chain(author: User, root: Tweet, length: int) -> list[Tweet]:
    made = [root]
    for n in range(length):
        made.append(post(author, f"Step {n}.", made[-1]))
    return made[1:]


def test_a_conversation_is_read_answered_and_followed(
    page: Page, ada: User, bob: User, has_script: bool, settings: Settings
) -> None:
    settings.THREAD_PAGE, settings.THREAD_ABOVE = 40, 20
    root = post(bob, "Root.")
    long = chain(bob, root, 24)
    branches = [post(bob, f"Branch {n}.", root) for n in range(20)]
    delete_tweet(tweet=branches[0], by=bob)
    log_in(page)
    page.goto(root.get_absolute_url())
    mark(page)
    expect(cards(page)).to_have_count(40)
    expect(page.get_by_text("This post was deleted", exact=True)).to_be_visible()
    page.get_by_role("link", name="Load more").click()
    if has_script:
        expect(cards(page)).to_have_count(44)
    else:
        expect(page.get_by_role("link", name="Show the replies from the beginning")).to_be_visible()
    assert is_same_page(page) is has_script
    expect(cards(page).last).to_contain_text("Branch 19.")

    page.goto(f"{long[-1].get_absolute_url()}#t{long[-1].pk}")
    expect(page.locator(f"#t{long[-1].pk}")).to_be_in_viewport()
    expect(page.get_by_text("Root.", exact=True)).to_be_attached()
    page.get_by_role("link", name="Show 4 earlier posts").click()
    expect(page).to_have_url(f"{page.url.partition('/tweets/')[0]}{long[4].get_absolute_url()}#t{long[4].pk}")
    expect(page.get_by_text("Step 0.", exact=True)).to_be_attached()

    page.goto(long[-1].get_absolute_url())
    page.get_by_label("Your reply to Bob").fill("The last word.")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(cards(page).last).to_contain_text("The last word.")
    assert Tweet.objects.get(author=ada).reply_to_id == long[-1].pk


def test_a_reply_is_shown_where_it_stands(page: Page, ada: User, bob: User) -> None:
    root = post(bob, "Root.")
    for n in range(15):
        post(bob, f"Answer {n}.", root)
    log_in(page)
    page.goto(root.get_absolute_url())
    page.get_by_label("Your reply to Bob").fill("Mine.")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(cards(page).last).to_contain_text("Mine.")
    expect(cards(page).last).to_be_in_viewport()


def test_a_muted_post_opens_and_a_deleted_one_keeps_its_answers(page: Page, ada: User, bob: User) -> None:
    root = post(ada, "Root.")
    muted = post(bob, "Something loud.", root)
    post(ada, "Quiet.", muted)
    accounts.mute(muter=ada, muted=bob)
    log_in(page)
    page.goto(root.get_absolute_url())
    expect(page.get_by_text("Something loud.")).to_be_hidden()
    page.get_by_text("A post by somebody you muted").click()
    expect(page.get_by_text("Something loud.")).to_be_visible()
    delete_tweet(tweet=root, by=ada)
    page.goto(root.get_absolute_url())
    expect(page.get_by_role("heading", name="This post was deleted")).to_be_visible()
    expect(page.get_by_text("Quiet.")).to_be_visible()
    expect(page.get_by_label("Your reply to")).to_have_count(0)
