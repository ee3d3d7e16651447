"""What a rider is told of a booking."""

from django.utils.translation import gettext as _

from apps.notifications.services import Words


def voided(place: str) -> Words:
    """Return what a rider is told whose booking was taken back; why is between the business and us."""
    return (
        _("Your ticket for %(place)s was taken back") % {"place": place},
        _("It is not taken there any more. You get no strike for it."),
    )
