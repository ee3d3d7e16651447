"""The operators' console: the admin with a home of our own and one search over everything."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Take the place of `django.contrib.admin` among the installed apps."""

    default_site = "apps.console.admin.sites.Console"
