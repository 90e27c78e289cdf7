from django.apps import AppConfig
from django.urls import register_converter


class TimelinesConfig(AppConfig):
    name = "timelines"

    def ready(self) -> None:
        from timelines import receivers  # noqa: F401  # registers what handles the events
        from timelines.converters import TweetIdConverter, UsernameConverter
        from tweets.bodies import edition

        edition()
        register_converter(TweetIdConverter, "tweet_id")
        register_converter(UsernameConverter, "username")
