from celery import shared_task
from django.core.management import call_command

from accounts import services


@shared_task
def flush_counts() -> int:
    """Fold the count ledger until nothing is left; beat starts it every second."""
    total = 0
    while touched := services.flush_counts():
        total += touched
    return total


@shared_task
def close_due() -> int:
    """Close the accounts whose owners left for good and did not come back in time."""
    return services.close_due()


@shared_task
def clear_sessions() -> None:
    """Delete sessions that have ended; nothing else does."""
    call_command("clearsessions")
