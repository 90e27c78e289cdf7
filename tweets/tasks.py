from celery import shared_task

from tweets import services


@shared_task
def prune_media() -> int:
    return services.prune_media()


@shared_task
def prune_post_keys() -> int:
    return services.prune_post_keys()


@shared_task
def post_due_drafts() -> int:
    """Post what waited in an undo-send window; beat starts it every second."""
    return services.post_due_drafts()
