"""
A city's catalogues are asked for: whole each night before the missions are made, food's changes in between.

A question is kept before it is sent, sent outside any transaction under a lease, and closed when the answers are in:
then goes what a seller that answered did not tell again. One question of a kind is open at a time.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.ondc import courier, documents, signing
from apps.ondc.courier import Verdict
from apps.ondc.errors import CatalogueUnderway
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from apps.ondc.outgoing import profiles, retail, transit, wire
from apps.ondc.outgoing.context import Context, Json
from apps.ondc.outgoing.retail import Between
from apps.ondc.selectors import catalogue
from apps.ondc.voice import Voice
from uma.kernel.mongo import DocumentsAway
from uma.kernel.zones import local, midnight

logger = logging.getLogger(__name__)
Kind = CatalogueRefresh.Kind
Sale = CatalogueRefresh.Sale
State = CatalogueRefresh.State
TTL = timedelta(seconds=30)
# On the zone's clock: time enough for a large catalogue before missions are made at two.
ASKED_AT = time(0, 45)
CHANGES_EVERY = timedelta(minutes=15)
ASKED_AGAIN_AFTER = timedelta(minutes=15)
# Answers of a broadcast come until then; later ones are imported as well, and take nothing out.
SETTLES_AFTER = timedelta(minutes=2)
LEASE = timedelta(seconds=20)
KEEP = timedelta(days=30)
TICKET_VERSION = "2.0.1"


def plan_refreshes(*, voice: Voice, now: datetime) -> int:
    """Ask for what is due in each zone; return how many questions were written down."""
    asked = 0
    for zone in merchants.zones():
        for sale in Sale:
            kind = _due(zone, sale, now=now)
            if kind is None:
                continue
            try:
                _ask(zone=zone, sale=sale, kind=kind, asked_by=None, voice=voice, now=now)
            except CatalogueUnderway:
                # Somebody at the desk was quicker.
                continue
            except ValueError:
                # Its city has no code of the network; the others have.
                logger.warning("a zone's catalogue cannot be asked for", extra={"row": zone.code})
                continue
            asked += 1
    return asked


@transaction.atomic(durable=True)
def refresh_now(
    *, refresh_id: UUID, actor_id: UUID, reason: str, voice: Voice, now: datetime
) -> UUID:
    """
    Ask again for everything that a question asked for; return the new question's id.

    Raises:
        CatalogueUnderway: one is open already
    """
    old = CatalogueRefresh.objects.get(pk=refresh_id)
    zone = merchants.zone(code=old.zone_code)
    new = _ask(
        zone=zone, sale=Sale(old.sale), kind=Kind.FULL, asked_by=actor_id, voice=voice, now=now
    )
    accounts.record(
        action="catalogue.asked-again",
        object_type="catalogue-refresh",
        object_id=str(refresh_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"said_at": old.said_at.isoformat()},
        after={"asked_by": str(new.pk)},
    )
    return new.pk


def _due(zone: Zone, sale: Sale, *, now: datetime) -> Kind | None:
    """Say what is to be asked of a zone: everything once a night, and again when nobody answered or all was lost."""
    mine = CatalogueRefresh.objects.filter(zone_code=zone.code, sale=sale)
    if mine.filter(closed_at=None).exists():
        return None
    newest = mine.filter(kind=Kind.FULL).order_by("-said_at").first()
    if newest is None or newest.said_at < _last_turn(zone.timezone, now=now):
        return Kind.FULL
    if newest.said_at <= now - ASKED_AGAIN_AFTER and _is_missing(newest, now=now):
        return Kind.FULL
    if sale == Sale.RETAIL and _told_until(zone.code) <= now - CHANGES_EVERY:
        return Kind.CHANGES
    return None


def _is_missing(newest: CatalogueRefresh, *, now: datetime) -> bool:
    if not newest.answers.filter(state=CatalogueAnswer.State.DONE, told_count__gt=0).exists():
        return True
    try:
        return catalogue.is_lost(refresh=newest, now=now)
    except DocumentsAway:
        return False


def _last_turn(timezone: str, *, now: datetime) -> datetime:
    """Return when catalogues were due last on the zone's clock."""
    since = timedelta(hours=ASKED_AT.hour, minutes=ASKED_AT.minute)
    today = midnight(local(now, timezone).date(), timezone) + since
    return today if today <= now else today - timedelta(days=1)


def _told_until(zone_code: str) -> datetime:
    """Return up to when everything of a zone's food was asked for with success."""
    taken = CatalogueRefresh.objects.filter(
        Q(kind=Kind.CHANGES, state=State.TAKEN) | Q(kind=Kind.FULL),
        zone_code=zone_code,
        sale=Sale.RETAIL,
    )
    newest = taken.latest("said_at")
    return newest.till or newest.said_at


@transaction.atomic
def _ask(
    *, zone: Zone, sale: Sale, kind: Kind, asked_by: UUID | None, voice: Voice, now: datetime
) -> CatalogueRefresh:
    since = _told_until(zone.code) if kind == Kind.CHANGES else None
    city = f"std:{zone.std_city_code.removeprefix('std:')}"
    transaction_id, message_id = uuid4(), uuid4()
    context = Context(
        domain=retail.DOMAIN if sale == Sale.RETAIL else transit.DOMAIN,
        version=retail.VERSIONS[0] if sale == Sale.RETAIL else TICKET_VERSION,
        action="search",
        city=city,
        sender=voice.sender,
        to=None,
        transaction_id=transaction_id,
        message_id=message_id,
        at=now,
        ttl=TTL,
    )
    told = context.retail() if sale == Sale.RETAIL else context.beckn()
    message = _message(sale, voice, since=since, now=now)
    raw = wire.encode(context=told, message=message)
    try:
        # The savepoint: whoever calls may be in a transaction that goes on.
        with transaction.atomic():
            return CatalogueRefresh.objects.create(
                id=transaction_id,
                message_id=message_id,
                zone_code=zone.code,
                city=city,
                sale=sale,
                kind=kind,
                domain=context.domain,
                since=since,
                till=None if since is None else now,
                body=raw.decode(),
                digest=signing.digest(raw),
                url=f"{voice.gateway.rstrip('/')}/search",
                said_at=now,
                until=now + TTL,
                asked_by=asked_by,
                next_attempt_at=now,
            )
    except IntegrityError:
        raise CatalogueUnderway from None


def _message(sale: Sale, voice: Voice, *, since: datetime | None, now: datetime) -> Json:
    if sale != Sale.RETAIL:
        spoken = profiles.profile(domain=transit.DOMAIN, version=TICKET_VERSION)
        return transit.search(spoken, mode=sale, terms=voice.terms)
    changes = None if since is None else Between(since, now)
    return retail.search(finder_fee_percent=voice.terms.finder_fee_percent, changes=changes)


def send_refreshes(*, voice: Voice, now: datetime, limit: int = 20) -> int:
    """Send what waits; return how many were taken. Call it outside any transaction."""
    taken = 0
    for row in _claims(now=now, limit=limit):
        outcome = courier.post(
            url=row.url, raw=row.body.encode(), voice=voice, now_s=int(now.timestamp())
        )
        settled: dict[str, object] = {"error_code": outcome.error_code[:32]}
        if outcome.verdict == Verdict.TAKEN:
            settled |= {"state": State.TAKEN, "settled_at": now}
            taken += 1
        elif outcome.verdict == Verdict.REFUSED:
            settled |= {"state": State.REFUSED, "settled_at": now}
        else:
            pause = max(timedelta(seconds=2**row.attempts), timedelta(seconds=outcome.pause_s))
            settled["next_attempt_at"] = now + pause
        CatalogueRefresh.objects.filter(pk=row.pk, state=State.WAITING).update(**settled)
    return taken


def _claims(*, now: datetime, limit: int) -> Iterator[CatalogueRefresh]:
    late = CatalogueRefresh.objects.filter(state=State.WAITING, until__lte=now)
    late.update(state=State.LOST, settled_at=now)
    due = CatalogueRefresh.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    for refresh_id in list(due.order_by("said_at").values_list("pk", flat=True)[:limit]):
        # One statement takes it: of two jobs the second finds its turn moved.
        claimed = due.filter(pk=refresh_id).update(
            attempts=F("attempts") + 1, next_attempt_at=now + LEASE
        )
        if claimed:
            yield CatalogueRefresh.objects.get(pk=refresh_id)


def close_refreshes(*, now: datetime, limit: int = 20) -> int:
    """
    Close the questions whose answers are all imported, and take out what was not told again; return how many.

    Call it outside any transaction. While the document store is away nothing is closed.
    """
    open_still = CatalogueRefresh.objects.filter(closed_at=None).exclude(state=State.WAITING)
    settled = open_still.filter(
        Q(state__in=[State.REFUSED, State.LOST]) | Q(until__lte=now - SETTLES_AFTER)
    ).exclude(answers__state=CatalogueAnswer.State.WAITING)
    closed = 0
    for refresh in settled.order_by("said_at")[:limit]:
        try:
            gone = _take_out(refresh) if refresh.kind == Kind.FULL else 0
        except DocumentsAway:
            return closed
        closed += CatalogueRefresh.objects.filter(pk=refresh.pk, closed_at=None).update(
            closed_at=now, gone_count=gone
        )
    return closed


def _take_out(refresh: CatalogueRefresh) -> int:
    answers = list(refresh.answers.values_list("bpp_id", "state", "told_count"))
    # Who told nothing at all had a bad day, and whose message cannot be read may have told everything.
    told = {bpp_id for bpp_id, _, count in answers if count}
    told -= {bpp_id for bpp_id, state, _ in answers if state != CatalogueAnswer.State.DONE}
    is_retail = refresh.sale == Sale.RETAIL
    kinds = (documents.SHOPS, documents.GOODS) if is_retail else (documents.STATIONS,)
    of: dict[str, object] = {"city": refresh.city}
    if not is_retail:
        of["sale"] = refresh.sale
    return sum(
        documents.forget_untold(kept, since=refresh.said_at, bpp_id=bpp_id, **of)
        for bpp_id in sorted(told)
        for kept in kinds
    )


def forget_refreshes(*, now: datetime, limit: int = 2_000) -> int:
    """Delete questions of long ago and what is known of their answers; return how many questions."""
    old = CatalogueRefresh.objects.filter(said_at__lt=now - KEEP, closed_at__isnull=False)
    ids = list(old.order_by("said_at").values_list("pk", flat=True)[:limit])
    with transaction.atomic():
        CatalogueAnswer.objects.filter(refresh_id__in=ids).delete()
        return CatalogueRefresh.objects.filter(pk__in=ids).delete()[0]
