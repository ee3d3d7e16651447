"""The platform's settings with the control's tables, urls and authentication beside them."""

from uma.settings import *  # noqa: F403  # a Django settings module
from uma.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "benchmarks.straightforward"]
