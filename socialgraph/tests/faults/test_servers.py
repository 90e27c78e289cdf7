"""A server is away or frozen while people read and post: they go on, nobody waits long, and nothing is lost."""

import time

import pytest

from socialgraph.tests.faults.conftest import PASSWORD, Cast, Installation, wait_for
from socialgraph.tests.faults.people import Traffic, Visitor, refused, slow, unclear

pytestmark = pytest.mark.serial

SOME = 25  # answers: every kind several times


@pytest.mark.parametrize("kind", ["stop", "freeze"])
@pytest.mark.parametrize("server", ["broker", "timelines", "cache"])
def test_people_read_and_post_without(
    installation: Installation, cast: Cast, traffic: Traffic, server: str, kind: str
) -> None:
    with traffic.flowing():
        traffic.wait_for_answers(SOME)
        with installation.fault(kind, f"servers:valkey-{server}"):
            traffic.wait_for_answers(SOME)
            newcomer = Visitor(installation.base_url)
            logged_in = newcomer.log_in(cast.reader.username, PASSWORD)
            assert (logged_in.status, logged_in.headers.get("location")) == (302, "/"), logged_in
            home = newcomer.get("/")
            assert 'name="text"' in home.body
            assert slow([logged_in, home]) == []
        traffic.wait_for_answers(SOME)
        assert newcomer.get("/").status == 200
    assert refused(traffic.answers) == []
    installation.check(cast, traffic)


@pytest.mark.parametrize("end", ["restarted", "killed"])
def test_without_postgresql_everybody_is_told_to_wait(
    installation: Installation, cast: Cast, traffic: Traffic, end: str
) -> None:
    program = "servers:postgres"
    log_before = installation.web_log()
    with traffic.flowing():
        traffic.wait_for_answers(SOME)
        if end == "restarted":
            with installation.fault("stop", program):
                start = len(traffic.answers)
                traffic.wait_for_answers(SOME)
                assert {answer.status for answer in traffic.since(start + 4)} == {503}  # 4 were on their way
        else:
            killed = installation.kill(program)
            installation.wait_until_back(program, killed)
        start = len(traffic.answers)
        wait_for(installation.is_well, 30, "the first answers from the database")
        traffic.wait_for_answers(SOME)
    assert unclear(traffic.answers) == []
    assert "Traceback" not in installation.web_log().removeprefix(log_before)
    assert refused(traffic.answers[-SOME:]) == []
    installation.check(cast, traffic)


@pytest.mark.parametrize("kind", ["stop", "freeze"])
def test_who_logs_out_while_the_cache_is_away_stays_logged_out(
    installation: Installation, cast: Cast, kind: str
) -> None:
    browser = installation.visitor(cast.pages)
    cookies = dict(browser.cookies)

    def is_logged_in() -> bool:
        """With the cookies that the browser had: an answer may take them away."""
        return 'name="text"' in Visitor(installation.base_url, cookies=dict(cookies)).get("/").body

    assert is_logged_in()
    with installation.fault(kind, "servers:valkey-cache"):
        assert browser.send_form("/accounts/logout/").status == 302
    time.sleep(3)  # by now every process asks the cache again
    assert [is_logged_in() for _ in range(8)] == [False] * 8
