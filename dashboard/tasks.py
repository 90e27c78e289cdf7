from celery import shared_task

from dashboard import sampling, survey


@shared_task
def take_sample() -> None:
    """Keeps the heights of queues, backlog and memory for the charts."""
    sampling.take()


@shared_task(name="dashboard.tasks.survey")
def survey_task() -> None:
    """Keeps the facts that are too dear for every look at the board."""
    survey.take()
