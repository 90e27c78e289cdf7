from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.loading import fold_counts
from accounts.models import Celebrity, User
from accounts.services import flag_celebrities


class Command(BaseCommand):
    help = "Lets authors cross CELEBRITY_FOLLOWER_COUNT, after it was changed. A worker completes who leaves."

    def handle(self, *args: Any, **options: Any) -> None:
        before = set(User.objects.filter(celebrity=Celebrity.YES).values_list("id", flat=True))
        fold_counts()
        flag_celebrities()
        now = set(User.objects.filter(celebrity=Celebrity.YES).values_list("id", flat=True))
        self.stdout.write(
            f"threshold={settings.CELEBRITY_FOLLOWER_COUNT} celebrities={len(now)}"
            f" became={len(now - before)} leaving={len(before - now)}"
        )
