"""The hybrid home timeline equals the plain SQL join, whatever happens in whatever order.

Hypothesis draws sequences of what people do, of what staff change in the admin, and of what goes wrong around them:
deliveries that are late, repeated, out of order or cut off in the middle, a flushed Redis, builds that overlap with
both, authors who cross the celebrity threshold at any time. After every step each viewer's timeline is walked to its
end and every page compared with `timelines.pull`. What has been posted but not yet delivered may be missing, and
nothing else.

50 examples by default; `ORACLE_EXAMPLES=2000` for a long run. The rules are in `timelines/tests/oracle/`.
"""

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
from pytest_django import Settings as DjangoSettings

from accounts.tests.factories import UserFactory
from timelines import rebuild
from timelines.tests.oracle.staff import Staff
from timelines.tests.oracle.troubles import Troubles
from timelines.tests.oracle.world import PEOPLE, THRESHOLDS, WHO, cross


class Network(Troubles, Staff):
    @initialize(
        threshold=THRESHOLDS,
        follows=st.sets(st.tuples(WHO, WHO), min_size=2, max_size=6),
        authors=st.lists(WHO, min_size=2, max_size=8),
    )
    def start(self, threshold: int, follows: set[tuple[int, int]], authors: list[int]) -> None:
        """People who follow each other and have posted; without this most sequences would have nothing to show."""
        self.people = [UserFactory.create() for _ in range(PEOPLE)]
        for follower, followee in sorted(follows):
            self.follow(follower, followee)
        cross(threshold)
        for author in authors:
            self.post(author, late=False)


@pytest.fixture
def tight_limits(settings: DjangoSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that a dozen tweets trim timelines, cross floors and split audiences; readers never wait for a build."""
    settings.TIMELINE_LENGTH = 4
    settings.TIMELINE_SLACK = 1
    settings.AUTHOR_LIST_LENGTH = 2
    settings.FAN_OUT_BATCH = 1
    settings.FAN_OUT_RANGE = 2
    settings.TIMELINE_SHARDS = 3
    settings.CELEBRITY_FOLLOWER_COUNT = 3
    monkeypatch.setattr(rebuild, "WAIT_SECONDS", 0.0)


@pytest.fixture
def prepared_statements(transactional_db: None) -> Iterator[None]:
    """The machine asks the same few queries all the time, and half of its time was PostgreSQL planning them."""
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = options | {"server_side_binding": True, "prepare_threshold": 3}
    connection.close()
    yield
    connection.settings_dict["OPTIONS"] = options
    connection.close()


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tight_limits", "prepared_statements")
def test_hybrid_equals_oracle() -> None:
    run_state_machine_as_test(
        Network,
        settings=settings(
            max_examples=int(os.environ.get("ORACLE_EXAMPLES", "50")),
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            report_multiple_bugs=False,
            database=None,
        ),
    )
