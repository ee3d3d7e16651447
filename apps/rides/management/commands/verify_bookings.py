"""`manage.py verify_bookings`: what no constraint of one row can say about bookings."""

from django.core.management.base import BaseCommand, CommandError

from apps.rides import invariants


class Command(BaseCommand):
    help = (
        "Check bookings against people, merchants, campaigns and the ledger; exit 1 if one is off."
    )

    def handle(self, **_: object) -> None:
        violations = invariants.find_violations()
        for violation in violations:
            self.stderr.write(f"{violation.rule}: booking {violation.booking_id}")
        if violations:
            raise CommandError(f"{len(violations)} violation(s).")
        self.stdout.write("Every booking agrees with its merchant, its campaign and its hold.")
