"""Programs that call the API."""

from knox.models import get_token_model
from rest_framework.test import APIClient

from accounts.models import User


def client_of(user: User) -> APIClient:
    """A client with a token of the user."""
    _, token = get_token_model().objects.create(user)
    return APIClient(headers={"Authorization": f"Token {token}"})
