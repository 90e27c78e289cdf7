"""People for tests, without the cost of hashing a password."""

import factory
from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, Sequence

from accounts.models import User


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    username = Sequence(lambda n: f"person{n}")
    email = LazyAttribute(lambda user: f"{user.username}@example.org")
    display_name = LazyAttribute(lambda user: user.username.title())
    password = "!unusable"
    last_active_on = LazyFunction(lambda: timezone.now().date())
