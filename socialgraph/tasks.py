from celery import shared_task

from socialgraph import events


@shared_task
def drain_outbox() -> int:
    """Handle what is pending in the outbox: sent after each commit that wrote an event, and by beat as the sweep."""
    return events.drain()


@shared_task
def prune_outbox() -> int:
    return events.prune()
