"""Give the role that serves its rights: after every migration, as the owner of the tables."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from uma.kernel.roles import Role, RoleRefused, grant


class Command(BaseCommand):
    help = (
        "Make the role that DATABASE_URL names and give it what the models allow. Run it after migrate;"
        " it is connected as DATABASE_OWNER_URL."
    )
    # The checks speak of the serving connection; this is the other one.
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:  # Any: Django's signature
        if not settings.DATABASE_OWNER_URL:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: name the owner of the tables there, and in DATABASE_URL"
                " the role that serves."
            )
        role = Role.of(settings.DATABASE_URL)
        try:
            grant(role)
        except RoleRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{role.name} may serve, and owns nothing.")
