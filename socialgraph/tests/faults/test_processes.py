"""A process of the product is killed with -9: the supervisor brings it back, and it goes on where it was."""

import psutil
import pytest

from socialgraph.local_stack import leftovers
from socialgraph.tests.faults.conftest import RETURN_SECONDS, Cast, Installation, wait_for
from socialgraph.tests.faults.people import Traffic, refused

pytestmark = pytest.mark.serial

SOME = 25


@pytest.mark.parametrize("program", ["worker-fanout", "worker-periodic", "beat"])
def test_a_killed_background_process_comes_back(
    installation: Installation, cast: Cast, traffic: Traffic, program: str
) -> None:
    with traffic.flowing():
        traffic.wait_for_answers(SOME)
        children = psutil.Process(installation.pid(f"app:{program}")).children(recursive=True)
        killed = installation.kill(f"app:{program}")
        traffic.wait_for_answers(SOME)
        installation.wait_until_back(f"app:{program}", killed)
    assert refused(traffic.answers) == []
    installation.check(cast, traffic)
    assert leftovers.wait_until_gone(children, seconds=20) == []  # none works on beside the new ones


def test_a_killed_web_server_comes_back(installation: Installation, cast: Cast, traffic: Traffic) -> None:
    with traffic.flowing():
        traffic.wait_for_answers(SOME)
        children = psutil.Process(installation.pid("app:web")).children(recursive=True)
        killed = installation.kill("app:web")
        installation.wait_until_back("app:web", killed)
        wait_for(installation.is_well, RETURN_SECONDS, "the first answer")
        start = len(traffic.answers)
        traffic.wait_for_answers(2 * SOME)
    assert refused(traffic.since(start + 4)) == []  # 4 were on their way
    assert {answer.status for answer in traffic.answers} <= {0, 200, 201, 302}
    installation.check(cast, traffic)
    assert leftovers.wait_until_gone(children, seconds=20) == []


def test_one_killed_web_worker_is_replaced(installation: Installation, cast: Cast, traffic: Traffic) -> None:
    web = psutil.Process(installation.pid("app:web"))
    with traffic.flowing():
        traffic.wait_for_answers(SOME)
        workers = web.children()
        workers[0].kill()
        traffic.wait_for_answers(2 * SOME)
    assert refused(traffic.answers[-SOME // 2 :]) == []
    assert len([child for child in web.children() if child.status() != psutil.STATUS_ZOMBIE]) == len(workers)
    installation.check(cast, traffic)
