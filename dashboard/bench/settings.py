"""The product as it is, and views beside it that the benches compare pages with."""

from socialgraph.settings import *  # noqa: F403

ROOT_URLCONF = "dashboard.bench.urls"
