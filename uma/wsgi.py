"""The WSGI application that the web server loads."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "uma.settings")
django.setup(set_prefix=False)

from uma.kernel.http.wsgi import Handler  # noqa: E402  # needs the settings

application = Handler()
