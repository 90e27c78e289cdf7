from django.apps import AppConfig

from socialgraph import counts


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.models import COUNTERS

        counts.register(COUNTERS)
