"""Queue → one service call: the message for speed, the sweep for truth (decisions/0003)."""

from collections.abc import Iterable
from logging import getLogger
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.ondc import services
from apps.ondc.models import OutboundMessage
from apps.ondc.network import NotConfigured
from apps.ondc.registry import Registry, RegistryRefused, RegistrySilent
from apps.ondc.voice import Voice, voice
from uma.kernel.mongo import DocumentsAway
from uma.kernel.queue import enqueue

logger = getLogger(__name__)

LIMIT = 100


@shared_task(acks_late=True, ignore_result=True)
def process_inbound(*, ids: list[str], **_: object) -> None:
    # Delivery is at least once: a second run finds the message handled or held, and stops.
    for message_id in services.process_answers(
        message_ids=[UUID(one) for one in ids], now=timezone.now()
    ):
        try:
            services.process_inbound(message_id=message_id, now=timezone.now())
        except DatabaseError:
            # One that fails stops none of the others; the next sweep meets it again.
            logger.exception("a callback could not be handled")


@shared_task(acks_late=True, ignore_result=True)
def process_forgotten_inbound(**_: object) -> int:
    # A lost message costs seconds, never a ride.
    found = services.waiting_inbound_ids(now=timezone.now())
    process_inbound(ids=[str(one) for one in found])
    return len(found)


@shared_task(acks_late=True, ignore_result=True)
def purge_inbound(**_: object) -> int:
    return services.purge_inbound(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def purge_outbound(**_: object) -> int:
    return services.purge_outbound(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def book_fees(**_: object) -> int:
    now = timezone.now()
    return services.book_fees(now=now) + services.book_ticket_fees(now=now)


@shared_task(acks_late=True, ignore_result=True)
def ask_recon(**_: object) -> int:
    try:
        return services.ask_recon(voice=voice(), now=timezone.now())
    except NotConfigured:
        return 0


@shared_task(acks_late=True, ignore_result=True)
def settle_agreed(**_: object) -> int:
    try:
        return services.settle_agreed(voice=voice(), now=timezone.now())
    except NotConfigured:
        return 0


@shared_task(acks_late=True, ignore_result=True)
def follow_requests(**_: object) -> int:
    return services.follow_requests(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def deliver(*, outbound_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the row taken, and stops.
    speaking = voice()
    state = services.deliver(outbound_id=UUID(outbound_id), voice=speaking, now=timezone.now())
    if state == OutboundMessage.State.TAKEN:
        _count_sellers(UUID(outbound_id), speaking)


@shared_task(acks_late=True, ignore_result=True)
def deliver_waiting(*, limit: int = LIMIT, **_: object) -> int:
    # Every few seconds: a lost message costs them, and a repeat's time comes.
    return _hand_on(services.due_ids(now=timezone.now(), limit=limit))


@shared_task(acks_late=True, ignore_result=True)
def recover_confirmations(*, limit: int = LIMIT, **_: object) -> int:
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    said = services.recover_confirmations(voice=speaking, now=timezone.now(), limit=limit)
    return _hand_on(message.pk for message in said)


@shared_task(acks_late=True, ignore_result=True)
def confirm_paid_tickets(*, limit: int = LIMIT, **_: object) -> int:
    # Every few seconds: who paid need not keep the app open, and what was let go is taken back.
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    now = timezone.now()
    said = services.confirm_paid_tickets(voice=speaking, now=now, limit=limit)
    said += services.take_back_unpaid(voice=speaking, now=now, limit=limit)
    return _hand_on(message.pk for message in said)


@shared_task(acks_late=True, ignore_result=True)
def repeat_lost_issues(*, limit: int = LIMIT, **_: object) -> int:
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    said = services.repeat_lost_issues(voice=speaking, now=timezone.now(), limit=limit)
    return _hand_on(message.pk for message in said)


@shared_task(acks_late=True, ignore_result=True)
def observe(**_: object) -> int:
    # Reports are kept by one half and sent by the other, so that a service that is away costs no report.
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    now = timezone.now()
    services.collect_observations(voice=speaking, now=now)
    return services.send_dispatches(voice=speaking, now=now)


@shared_task(acks_late=True, ignore_result=True)
def forget_dispatches(**_: object) -> int:
    return services.forget_dispatches(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def plan_catalogues(**_: object) -> int:
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    return services.plan_refreshes(voice=speaking, now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def keep_catalogues(**_: object) -> int:
    # Asked, imported and closed in one turn, so that no two imports write at once.
    try:
        speaking = voice()
    except NotConfigured:
        return 0
    now = timezone.now()
    sent = services.send_refreshes(voice=speaking, now=now)
    imported = services.import_catalogues(now=now)
    return sent + imported + services.close_refreshes(now=now)


@shared_task(acks_late=True, ignore_result=True)
def remember_prices(**_: object) -> int:
    try:
        return services.remember_prices(now=timezone.now())
    except DocumentsAway:
        # They are of use for minutes only.
        return 0


@shared_task(acks_late=True, ignore_result=True)
def forget_refreshes(**_: object) -> int:
    return services.forget_refreshes(now=timezone.now())


def _hand_on(outbound_ids: Iterable[UUID]) -> int:
    count = 0
    for outbound_id in outbound_ids:
        enqueue(deliver, outbound_id=str(outbound_id))
        count += 1
    return count


def _count_sellers(outbound_id: UUID, speaking: Voice) -> None:
    """Note how many sellers could answer a search that went out, so that "3 of 5" means something."""
    search = services.uncounted_search(outbound_id=outbound_id)
    if search is None:
        return
    try:
        listed = Registry(speaking.network).sellers(
            domain=search.domain, city=search.city, now=timezone.now()
        )
    except (RegistrySilent, RegistryRefused):
        return
    services.count_asked(
        transaction_id=search.transaction_id, sellers=[row.subscriber_id for row in listed]
    )
