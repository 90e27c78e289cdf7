"""The project: settings, urls, Celery, and what every app may use."""

from socialgraph.celery import app as celery_app

__all__ = ["celery_app"]
