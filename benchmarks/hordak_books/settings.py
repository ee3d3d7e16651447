"""The straightforward version's settings with django-hordak's tables and another path's books."""

from benchmarks.straightforward.settings import *  # noqa: F403  # a Django settings module
from benchmarks.straightforward.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "mptt", "djmoney", "hordak", "benchmarks.hordak_books"]
ROOT_URLCONF = "benchmarks.hordak_books.urls"
DEFAULT_CURRENCY = "INR"
CURRENCIES = ("INR",)
HORDAK_INTERNAL_CURRENCY = "INR"
