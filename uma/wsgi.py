"""The WSGI application that the web server loads."""

import gc
import os

import django

# What is made while loading stays; looking for garbage in it took a sixth of a worker's start.
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")
django.setup(set_prefix=False)

from uma.checks import stop_on_contradictions  # noqa: E402  # needs the settings
from uma.kernel.http.wsgi import Handler  # noqa: E402  # as above

stop_on_contradictions()
application = Handler()

# What is loaded stays: the collector need not look through it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(5_000, 20, 20)
gc.enable()
