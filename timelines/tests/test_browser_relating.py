"""Requests, blocks, mutes and muted words in a real Chromium, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import Block, Follow, FollowRequest, Mute, MutedWord, User
from timelines.tests.browser import cards, is_same_page, log_in, mark
from timelines.tests.site import person, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_asking_a_protected_account_and_being_answered(page: Page, ada: User, bob: User, has_script: bool) -> None:
    accounts.protect(user=bob, protected=True)
    post(bob, "For friends.")
    log_in(page)
    page.goto("/bob/")
    expect(page.get_by_text("These posts are protected")).to_be_visible()
    mark(page)
    page.get_by_role("button", name="Ask to follow Bob").click()
    asked = page.get_by_role("button", name="Requested to follow Bob: take it back")
    expect(asked).to_have_attribute("aria-pressed", "true")
    assert is_same_page(page) is has_script
    if has_script:
        expect(asked).to_be_focused()
    expect(page.get_by_text("there is no answer yet")).to_be_visible()
    asked.click()
    expect(page.get_by_text("there is no answer yet")).to_have_count(0)
    page.get_by_role("button", name="Ask to follow Bob").click()
    expect(asked).to_be_visible()
    expect(page.get_by_role("link", name="All your requests")).to_have_attribute("href", "/requests/sent/")
    expect(cards(page)).to_have_count(0)
    accounts.approve_request(followee=bob, follower=ada)
    page.reload()
    expect(cards(page)).to_contain_text("For friends.")
    page.get_by_role("link", name="Following Bob: unfollow …").click()
    expect(page.get_by_text("you would have to ask")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Following Bob: unfollow …").click()
    page.get_by_role("button", name="Unfollow").click()
    expect(page.get_by_text("These posts are protected")).to_be_visible()
    assert not Follow.objects.exists()
    assert not FollowRequest.objects.exists()


def test_a_protected_account_answers_requests(page: Page, ada: User, bob: User, has_script: bool) -> None:
    cleo = person("cleo", display_name="Cleo")
    log_in(page)
    page.goto("/accounts/privacy/")
    page.get_by_label("Only followers whom I approve").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your posts are protected now.")).to_be_visible()
    for follower in (bob, cleo):
        accounts.follow(follower=follower, followee=ada)
    page.goto("/ada/")
    page.get_by_label("Account menu").click()
    page.get_by_role("link", name=re.compile(r"Requests\s*2 waiting")).click()
    mark(page)
    page.get_by_role("button", name="Approve Bob").click()
    expect(page.get_by_text("@bob follows you now.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="@bob")).to_have_count(0)
    page.get_by_role("button", name="Reject Cleo").click()
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    assert is_same_page(page) is has_script
    page.goto("/ada/followers/")
    page.get_by_role("link", name="Remove Bob from your followers …").click()
    page.get_by_role("button", name="Remove follower").click()
    expect(page.get_by_text("@bob does not follow you any more.")).to_be_visible()
    assert not Follow.objects.exists()


def test_block_and_undo(page: Page, ada: User, bob: User) -> None:
    post(bob, "Hello.")
    log_in(page)
    page.goto("/bob/")
    page.get_by_label("More about Bob").click()
    page.get_by_role("link", name="Block @bob …").click()
    page.get_by_role("button", name="Block", exact=True).click()
    expect(page.get_by_text("Neither of you sees what the other posts.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(cards(page)).to_contain_text("Hello.")
    assert not Block.objects.exists()
    accounts.block(blocker=ada, blocked=bob)
    page.goto("/accounts/blocked/")
    page.get_by_role("button", name="Unblock Bob").click()
    expect(page.get_by_text("You block nobody.")).to_be_visible()
    assert not Block.objects.exists()


def test_mute_for_a_while(page: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    post(bob, "Again.")
    log_in(page)
    page.goto("/bob/")
    page.get_by_label("More about Bob").click()
    page.get_by_role("link", name="Mute @bob …").click()
    page.get_by_label("7 days").check()
    page.get_by_role("button", name="Mute", exact=True).click()
    expect(page.get_by_text("You muted @bob until")).to_be_visible()
    assert Mute.objects.get().expires_at is not None
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(0)
    page.goto("/bob/")
    page.get_by_role("main").get_by_role("button", name="Unmute", exact=True).click()
    expect(page.get_by_text("You muted @bob")).to_have_count(0)
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(1)


def test_muted_words(page: Page, ada: User, bob: User) -> None:
    accounts.follow(follower=ada, followee=bob)
    post(bob, "The weather again!")
    log_in(page)
    page.goto("/accounts/words/")
    page.get_by_label("A word, a phrase or a #hashtag").fill("#")
    page.get_by_role("button", name="Mute this word").click()
    expect(page.get_by_role("alert").filter(has_text="Write the word")).to_be_visible()
    page.get_by_label("A word, a phrase or a #hashtag").fill("Weather")
    page.get_by_role("button", name="Mute this word").click()
    expect(page.get_by_role("button", name="Remove weather")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(cards(page)).to_have_count(0)
    page.goto("/accounts/words/")
    page.get_by_role("button", name="Remove weather").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Remove weather")).to_be_visible()
    assert MutedWord.objects.get().word == "weather"
