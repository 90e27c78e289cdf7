from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import get_token_model

from accounts.selectors import user_named


class Command(BaseCommand):
    help = "Prints a new API token for a user. Only its hash is stored: it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        user = user_named(username)
        if user is None:
            raise CommandError(f"There is no active account with the user name {username!r}.")
        _, token = get_token_model().objects.create(user)
        self.stdout.write(token)
