"""What a rider is told of a visit."""

from django.utils.translation import gettext as _

from apps.handshake.models import Handshake, Reversal
from apps.notifications.services import Words
from uma.kernel.money import written


def visit(handshake: Handshake, *, brand: str) -> Words:
    """Return what a rider is told when a code was scanned."""
    amount = {"amount": written(handshake.reimbursement_paise)}
    if handshake.review:
        return (
            _("%(amount)s is on its way") % amount,
            _("%(place)s verified your visit; we are checking the ride.") % {"place": brand},
        )
    return (
        _("%(amount)s added to your wallet") % amount,
        _("Your visit to %(place)s is verified.") % {"place": brand},
    )


def reversal(row: Reversal, *, brand: str) -> Words:
    """Return what a rider is told when cashback went back."""
    body = (
        _("Your visit to %(place)s was taken back.")
        if row.full
        else _("Your visit to %(place)s was corrected.")
    ) % {"place": brand}
    if owed_paise := row.receivable_paise:
        owed = {"amount": written(owed_paise)}
        body += " " + _("%(amount)s of it is settled with your next cashback.") % owed
    title = _("%(amount)s of cashback went back") % {"amount": written(row.reimbursement_paise)}
    return title, body
