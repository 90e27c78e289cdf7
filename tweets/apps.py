from django.apps import AppConfig

from socialgraph import counts


class TweetsConfig(AppConfig):
    name = "tweets"

    def ready(self) -> None:
        from socialgraph.events import announces
        from tweets import receivers  # noqa: F401  # registers what handles the events
        from tweets.models import COUNTERS

        counts.register(COUNTERS)
        announces("tweet_edited", "draft_refused")
