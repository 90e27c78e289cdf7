from django.apps import AppConfig


class TimelinesConfig(AppConfig):
    name = "timelines"

    def ready(self) -> None:
        from timelines import receivers  # noqa: F401  # registers what handles the events
