from django.apps import AppConfig

from socialgraph import counts


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.models import COUNTERS
        from accounts.relationships import EVENTS, FLAG_EVENTS
        from socialgraph.events import announces

        counts.register(COUNTERS)
        announces(*EVENTS, *FLAG_EVENTS)
