from celery import shared_task

from tweets import services


@shared_task
def prune_media() -> int:
    return services.prune_media()


@shared_task
def prune_post_keys() -> int:
    return services.prune_post_keys()
