"""The Celery application, and every periodic job on one screen."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")

app = Celery("uma")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
