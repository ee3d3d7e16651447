"""The platform's settings with one path alone: what a callback costs when it is only acknowledged."""

from uma.settings import *  # noqa: F403  # a Django settings module

ROOT_URLCONF = "benchmarks.ack_only_urls"
