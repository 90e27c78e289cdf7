"""The product shown from end to end: sign up, post, see it arrive, follow, and watch all of it on the board."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import services as accounts
from accounts.models import Follow, User
from dashboard import sampling, survey
from dashboard.tests.board import row
from socialgraph import metrics
from socialgraph.tests.workers import fan_out_worker, wait_for
from timelines.tests.browser import PASSWORD, cards
from timelines.tests.test_browser_pages import findings
from tweets.models import Tweet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POLLED = 20_000  # milliseconds: the board asks every 5 s, and answers late on a busy machine
FIGURE = re.compile(r"\d")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[None]:
    with fan_out_worker(tmp_path / "worker.log"):
        wait_for(lambda: bool(metrics.read().alive), 60, "The worker's sign of life")
        yield


def sign_up(page: Page, name: str) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Name to show").fill(name.capitalize())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_title("Home · Socialgraph")


def write(page: Page, text: str) -> None:
    page.get_by_label("What is happening?").fill(text)
    page.get_by_role("button", name="Post", exact=True).click()
    expect(cards(page).first).to_contain_text(text)


def operate(page: Page) -> None:
    """An operator logs in and opens the board."""
    operator = accounts.register(username="operator", email="operator@example.org", password=PASSWORD)
    User.objects.filter(pk=operator.pk).update(is_staff=True)
    page.goto("/dashboard/")
    page.get_by_label("User name or e-mail address").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_the_demonstration(open_page: Callable[[bool], Page], has_script: bool, worker: None) -> None:
    board, ada, bob = open_page(has_script), open_page(has_script), open_page(has_script)
    operate(board)

    def look() -> None:
        if not has_script:
            board.get_by_role("link", name="Read again").click()

    expect(row(board, "queue fanout")).to_contain_text("1 alive")
    expect(row(board, "Deliveries").locator("td").last).not_to_have_text("1")
    expect(row(board, "POST account_signup")).to_have_count(0)

    sign_up(ada, "ada")
    sign_up(bob, "bob")
    bob.goto("/ada/")
    bob.get_by_role("button", name="Follow Ada").click()
    expect(bob.get_by_text("1 follower", exact=True)).to_be_visible()
    bob.goto("/")
    write(bob, "Is anybody here?")
    write(ada, "Hello, Bob!")
    wait_for(lambda: metrics.read().hour.count("deliveries") == 1, 30, "The delivery to Bob")
    bob.reload()
    expect(cards(bob).first).to_contain_text("Hello, Bob!")
    expect(cards(bob)).to_have_count(2)
    assert (User.objects.count(), Follow.objects.count(), Tweet.objects.count()) == (3, 1, 2)
    sampling.take()  # as the periodic worker would
    survey.take()
    metrics.flush()
    taken = timezone.now()

    look()
    as_of = board.locator(".as-of time")  # what was measured is also sent by itself: an earlier look may show it
    wait_for(lambda: dt.datetime.fromisoformat(as_of.get_attribute("datetime") or "") > taken, 20, "A later look")
    expect(row(board, "POST account_signup")).to_contain_text("2", timeout=POLLED)
    for name, number in (("Posts", "2"), ("Deliveries", "1")):
        expect(row(board, name).locator("td").last).to_have_text(number, timeout=POLLED)
    for route in ("POST follow", "POST compose", "GET home", "GET profile"):
        expect(row(board, route)).to_contain_text(" ms")
    expect(row(board, "last hour").first).to_contain_text(" ms")  # the fan-out's lag
    expect(row(board, "@ada").first).to_be_visible()
    expect(row(board, "stored counts").locator("td").last).to_have_text("0")
    expect(board.get_by_text("no data yet").first).to_be_visible()  # nobody has searched


def test_the_board_renews_itself_and_keeps_what_a_reader_opened(scripted: Page) -> None:
    operate(scripted)
    time = scripted.locator(".as-of time")
    first = time.inner_text()
    scripted.locator("#numbers-requests summary").click()
    scripted.locator("#numbers-requests summary").focus()
    scripted.locator("#model-scroll").evaluate("element => { element.scrollLeft = 120; }")
    expect(time).not_to_have_text(first, timeout=POLLED)
    expect(scripted.locator("#numbers-requests")).to_have_attribute("open", "")
    expect(scripted.locator("#numbers-requests summary")).to_be_focused()
    assert scripted.locator("#model-scroll").evaluate("element => element.scrollLeft") == 120
    scripted.get_by_role("button", name="Pause").click()
    paused = time.inner_text()
    scripted.wait_for_timeout(6_500)
    assert time.inner_text() == paused
    scripted.get_by_role("button", name="Go on").click()
    expect(time).not_to_have_text(paused, timeout=POLLED)


def test_a_board_that_hears_nothing_says_so(scripted: Page) -> None:
    operate(scripted)
    expect(scripted.get_by_text("nothing newer")).to_be_hidden()
    scripted.route("**/dashboard/figures", lambda route: route.fulfill(status=404, body=""))
    expect(scripted.get_by_text("nothing newer")).to_be_visible(timeout=POLLED)
    expect(scripted.get_by_role("alert")).to_be_hidden()
    scripted.unroute("**/dashboard/figures")
    expect(scripted.get_by_text("nothing newer")).to_be_hidden(timeout=POLLED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_and_the_page_fits(scripted: Page, width: int, scheme: str) -> None:
    scripted.set_viewport_size({"width": width, "height": 800})
    scripted.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    operate(scripted)
    sampling.take()
    survey.take()
    metrics.flush()
    scripted.reload()
    for element in scripted.locator("summary").all():
        if element.is_visible():
            element.click()
    assert findings(scripted) == []
    assert scripted.evaluate("document.documentElement.scrollWidth") <= width
