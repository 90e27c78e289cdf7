"""What templates ask about people."""

from typing import Any

from django import template

from accounts.models import User
from accounts.selectors import waiting_requests

register = template.Library()
MOST = 100


@register.simple_tag(takes_context=True)
def requests_waiting(context: dict[str, Any]) -> str:
    """How many ask to follow the user, as the badge says it; empty when nobody does. See `waiting_requests`."""
    user = context.get("user")
    count = waiting_requests(user, limit=MOST) if isinstance(user, User) else 0
    return f"{MOST - 1}+" if count == MOST else str(count or "")
