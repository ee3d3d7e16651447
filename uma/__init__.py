"""The project package; importing it makes this Celery application the one that tasks belong to."""

from uma.celery import app as celery_app

__all__ = ["celery_app"]
