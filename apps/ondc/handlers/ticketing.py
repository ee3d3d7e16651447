"""From the confirmation of tickets on: the tickets themselves, their boarding, their cancellation, the money."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.gamification import services as gamification
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.notifications.services import Words
from apps.ondc import dues, purse, ticket_progress
from apps.ondc.handlers.ordering import keep_quote
from apps.ondc.handlers.outcome import Handling, Outcome
from apps.ondc.messages import OrderTold
from apps.ondc.models import RideOrder, Ticket
from apps.ondc.progress import CANCELLED, ENDED, PROPOSALS, told_at
from apps.ondc.reading import at
from apps.ondc.tickets_told import Ticket as TicketTold
from apps.ondc.tickets_told import tickets_of

Stage = RideOrder.Stage
CATEGORY = "transit"


def told(handling: Handling, order: RideOrder, news: OrderTold) -> Outcome:
    """Take what a seller tells of a locked order of tickets."""
    if order.stage == Stage.FAILED:
        return _too_late(handling, order, news)
    was_sent = order.stage == Stage.CONFIRMING
    if news.status in PROPOSALS and was_sent:
        return Outcome.IGNORED
    over = order.ride_state
    if not ticket_progress.apply(order, news, sent_at=handling.sent_at, now=handling.now):
        return Outcome.IGNORED
    if was_sent and order.stage != Stage.CANCELLED and not purse.take(order, now=handling.now):
        # The money was let go meanwhile: nothing may be had for it, and the seller is told so.
        order.stage, order.ride_state = Stage.FAILED, ""
        return _too_late(handling, order, news)
    order.save()
    if news.quote is not None:
        keep_quote(handling, order, news.quote)
    if news.status not in PROPOSALS:
        _keep_tickets(handling, order, news)
    if was_sent and order.stage != Stage.CANCELLED:
        _bought(handling, order)
    if order.ride_state == CANCELLED and over != CANCELLED:
        _cancelled(handling, order, news, was_sent=was_sent)
    if order.ride_state == ENDED and over != ENDED:
        dues.owe_seller(order, now=handling.now)
    return Outcome.DONE


def _too_late(handling: Handling, order: RideOrder, news: OrderTold) -> Outcome:
    """Note that a seller has an order that we gave up: a job takes it back (`services.recovering`)."""
    order.number = order.number or news.number
    order.status = news.status or "ACTIVE"
    order.changed_at = handling.now
    order.save()
    handling.deviations.append("told of after it was given up")
    return Outcome.DONE


def _keep_tickets(handling: Handling, order: RideOrder, news: OrderTold) -> None:
    """Keep each ticket under its fulfilment; what is told of an older moment changes none."""
    # The moment of the order's change, as for the order itself: messages may bear an older question's time.
    at_moment = told_at(news, sent_at=handling.sent_at)
    counts: dict[str, int] = {}
    for found in tickets_of(at(handling.body, "message", "order")):
        position = counts.get(found.fulfillment_id, 0)
        counts[found.fulfillment_id] = position + 1
        _keep_ticket(order, found, position, at_moment)


def _keep_ticket(order: RideOrder, found: TicketTold, position: int, at_moment: datetime) -> None:
    row = Ticket.objects.filter(
        order=order, fulfillment_id=found.fulfillment_id, position=position
    ).first()
    if row is None:
        row = Ticket(order=order, fulfillment_id=found.fulfillment_id, position=position)
    elif row.told_at > at_moment:
        return
    row.number = found.number or row.number
    row.kind = found.kind or row.kind
    row.token = found.token or row.token
    row.valid_until = found.valid_until or row.valid_until
    row.status = "CLAIMED" if row.status == "CLAIMED" else found.status
    row.told_at = at_moment
    row.save()


def _bought(handling: Handling, order: RideOrder) -> None:
    """Prove a step of a mission by the purchase, and tell the rider."""
    zone = merchants.zone(code=order.transaction.zone_code)
    gamification.record_order(
        kind="ride",
        source=str(order.pk),
        rider_id=order.transaction.rider_id,
        zone_code=zone.code,
        timezone=zone.timezone,
        at=handling.now,
        category=CATEGORY,
        provider=order.offer.provider_name if order.offer else "",
    )
    _tell_rider(handling, order, "ticket.ready")


def _cancelled(handling: Handling, order: RideOrder, news: OrderTold, *, was_sent: bool) -> None:
    """Give the money back: all of it, but for a charge that the rider agreed to."""
    told_charge = (news.quote.total_of("CANCELLATION_CHARGES") if news.quote else 0) or 0
    charge_paise = ticket_progress.charge_of(order, told_charge)
    if charge_paise != told_charge:
        handling.deviations.append("22503 another charge than was agreed to")
    order.cancel_charge_paise = charge_paise
    order.save(update_fields=["cancel_charge_paise"])
    purse.give_back(order, charge_paise=charge_paise, reason="cancelled", now=handling.now)
    if was_sent:
        return
    gamification.undo_order(kind="ride", source=str(order.pk), now=handling.now)
    dues.owe_seller_for_cancelled(order, now=handling.now)
    _tell_rider(handling, order, "ticket.cancelled")


def _tell_rider(handling: Handling, order: RideOrder, kind: str) -> None:
    notifications.notify(
        person_id=order.transaction.rider_id,
        kind=kind,
        say=lambda: _SAID[kind],
        data={"searchId": str(order.transaction_id)},
        dedupe_key=f"{kind}:{order.pk}",
        now=handling.now,
    )


_SAID: Mapping[str, Words] = {
    "ticket.ready": (_("Your tickets are here"), _("Open the app to show them.")),
    "ticket.cancelled": (
        _("Your tickets are cancelled"),
        _("What they leave is on its way back to how you paid."),
    ),
}
