"""The product as it is, and one view more: the empty one that the benches compare pages with."""

from socialgraph.settings import *  # noqa: F403

ROOT_URLCONF = "dashboard.bench.urls"
