"""
What is due is agreed upon with sellers and told to the settlement agency, every day, and followed until answered.

A seller that took a rider's money owes us our fee: it is asked whether it sees the same (`recon`). What both
see the same is told to the agency, which moves it (`settle`), or that there is nothing. A request is written
down with its dispatch in one transaction; orders in it are asked of by no other meanwhile. What is seen
differently, refused or left without an answer waits for a person (decisions/0047).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.ondc import agreeing, dues
from apps.ondc.models import (
    Disagreement,
    Dispatch,
    Participant,
    Settlement,
    SettlementLine,
    SettlementRequest,
)
from apps.ondc.outgoing import settlements, wire
from apps.ondc.outgoing.context import Context, Counterparty, Json
from apps.ondc.voice import Voice
from uma.kernel.ids import new_id

Recon, Collector, Kind = Settlement.Recon, Settlement.Collector, Disagreement.Kind
Action, State = SettlementRequest.Action, SettlementRequest.State
Answer = SettlementLine.Answer
# A message that others still read with ease.
MOST_ORDERS = 100
# So often at least the agency hears of us; a job that is late by an hour is no second one.
DAILY = timedelta(hours=20)


def ask_recon(*, voice: Voice, now: datetime, limit: int = 1_000) -> int:
    """Ask sellers about what they owe and were not asked yet; return of how many orders."""
    waiting = Settlement.objects.filter(
        collected_by=Collector.BPP,
        recon=Recon.NONE,
        settled_at__isnull=True,
        fee_paise__gt=0,
        booked_paise=F("fee_paise"),
    )
    asked = 0
    for bpp_id in _sellers(waiting, limit=limit):
        if _is_refusing(bpp_id) or not (uri := _address(bpp_id)):
            continue
        asked += _ask(waiting, Counterparty(bpp_id, uri), voice, now=now)
    return asked


@transaction.atomic(durable=True)
def _ask(waiting: QuerySet[Settlement], to: Counterparty, voice: Voice, *, now: datetime) -> int:
    rows = _take(waiting, to.id)
    if not rows:
        return 0
    message = settlements.recon(agreeing.due_of(row) for row in rows)
    _say(Action.RECON, message, rows, to, voice, seller=to.id, now=now)
    Settlement.objects.filter(pk__in=[row.pk for row in rows]).update(recon=Recon.ASKED)
    return len(rows)


def settle_agreed(*, voice: Voice, now: datetime, limit: int = 1_000) -> int:
    """Tell the agency what both sides agree on, or once a day that nothing is due; return of how many orders."""
    if voice.agency is None or _is_refusing(voice.agency.id):
        return 0
    told = 0
    waiting = _to_settle()
    for bpp_id in _sellers(waiting, limit=limit):
        told += _tell(waiting, bpp_id, voice, voice.agency, now=now)
    if not told:
        _tell_nothing(voice, voice.agency, now=now)
    return told


def _to_settle() -> QuerySet[Settlement]:
    """Return what nobody disputes and no bank has shown: agreed upon, or money that we hold for a seller."""
    disputed = Disagreement.objects.filter(settlement=OuterRef("pk"), decided_at__isnull=True)
    underway = SettlementLine.objects.filter(
        settlement=OuterRef("pk"), action=Action.SETTLE, answer__in=agreeing.OPEN_ANSWERS
    )
    agreed = Q(collected_by=Collector.BPP, recon=Recon.AGREED, booked_paise=F("fee_paise"))
    held = Q(collected_by=Collector.BAP) & ~Q(recon=Recon.DIFFERS)
    return (
        Settlement.objects.filter(agreed | held, settled_at__isnull=True)
        .exclude(told_status=Answer.SETTLED)
        .filter(~Exists(disputed), ~Exists(underway))
    )


@transaction.atomic(durable=True)
def _tell(
    waiting: QuerySet[Settlement], bpp_id: str, voice: Voice, agency: Counterparty, *, now: datetime
) -> int:
    told = 0
    rows = [row for row in _take(waiting, bpp_id) if dues.to_move(row)]
    for collector, group in groupby(
        sorted(rows, key=lambda row: row.collected_by), key=lambda row: row.collected_by
    ):
        chosen = list(group)
        we_collect = collector == Collector.BAP
        sides = (voice.sender.id, bpp_id) if we_collect else (bpp_id, voice.sender.id)
        message = settlements.settle(
            [agreeing.due_of(row) for row in chosen],
            settlement_id=str(new_id()),
            collector=sides[0],
            receiver=sides[1],
            we_collect=we_collect,
        )
        _say(Action.SETTLE, message, chosen, agency, voice, seller=bpp_id, now=now)
        told += len(chosen)
    return told


@transaction.atomic(durable=True)
def _tell_nothing(voice: Voice, agency: Counterparty, *, now: datetime) -> None:
    since = SettlementRequest.objects.filter(action=Action.SETTLE, made_at__gt=now - DAILY)
    if not since.exists():
        message = settlements.nothing(settlement_id=str(new_id()))
        _say(Action.SETTLE, message, [], agency, voice, seller="", now=now)


def follow_requests(*, now: datetime, limit: int = 200) -> int:
    """Close requests that could not be delivered, or whose answers did not come in time; return how many."""
    lost = Q(dispatch__state=Dispatch.State.GIVEN_UP)
    due = SettlementRequest.objects.filter(lost | Q(until__lte=now), state=State.OPEN)
    ids = list(due.order_by("until").values_list("pk", flat=True)[:limit])
    return sum(_follow(request_id, now=now) for request_id in ids)


@transaction.atomic(durable=True)
def _follow(request_id: UUID, *, now: datetime) -> bool:
    request = (
        SettlementRequest.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk=request_id, state=State.OPEN)
        .select_related("dispatch")
        .first()
    )
    if request is None:
        return False
    if request.dispatch.state == Dispatch.State.GIVEN_UP:
        code = request.dispatch.error_code or "not_delivered"
        agreeing.refuse_request(request, code=code, now=now)
        return True
    lines = list(
        request.lines.filter(answer__in=agreeing.OPEN_ANSWERS).select_related("settlement")
    )
    for line in lines:
        agreeing.differ(
            Kind.NO_ANSWER,
            party=request.party,
            row=line.settlement,
            ours_paise=line.amount_paise,
            detail=f"to a {request.action.lower()} of {request.made_at:%Y-%m-%d}",
            now=now,
        )
    request.lines.filter(pk__in=[line.pk for line in lines]).update(
        answer=Answer.EXPIRED, answered_at=now
    )
    request.state, request.closed_at = State.EXPIRED, now
    request.save(update_fields=["state", "closed_at"])
    return True


def _sellers(waiting: QuerySet[Settlement], *, limit: int) -> list[str]:
    """Return whose orders are among the first that wait."""
    first = waiting.order_by("due_at", "pk").values_list("bpp_id", flat=True)[:limit]
    return sorted(set(first))


def _take(waiting: QuerySet[Settlement], bpp_id: str) -> list[Settlement]:
    """Lock the oldest of a seller's; of two jobs at once the second leaves out what the first took."""
    oldest = waiting.filter(bpp_id=bpp_id).order_by("due_at", "pk").values_list("pk", flat=True)
    rows = waiting.filter(pk__in=list(oldest[:MOST_ORDERS]))
    return list(rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk"))


def _is_refusing(party: str) -> bool:
    """Say whether a party refused us and nobody looked at it yet."""
    found = Disagreement.objects.filter(
        party=party, kind=Kind.REFUSED, number="", decided_at__isnull=True
    )
    return found.exists()


def _address(bpp_id: str) -> str:
    """Return where a seller listens: as its newest order said, else as the registry lists it."""
    told = Settlement.objects.filter(bpp_id=bpp_id, order__isnull=False).order_by("-due_at")
    uri = told.values_list("order__bpp_uri", flat=True).first()
    if uri:
        return str(uri)
    listed = Participant.objects.filter(subscriber_id=bpp_id, kind="BPP").exclude(url="")
    return str(listed.values_list("url", flat=True).order_by("-fetched_at").first() or "")


def _say(
    action: SettlementRequest.Action,
    message: Json,
    rows: Iterable[Settlement],
    to: Counterparty,
    voice: Voice,
    *,
    seller: str,
    now: datetime,
) -> SettlementRequest:
    """Write a request down with the bytes that will be signed and sent, in the caller's transaction."""
    dispatch_id, transaction_id = new_id(), new_id()
    name = action.value.lower()
    context = Context(
        domain=settlements.DOMAIN,
        version=settlements.VERSION,
        action=name,
        city=settlements.CITY,
        sender=voice.sender,
        to=to,
        transaction_id=transaction_id,
        message_id=dispatch_id,
        at=now,
        ttl=settlements.TTL,
    )
    raw = wire.encode(context=context.beckn() | {"ttl": settlements.LIFE}, message=message)
    dispatch = Dispatch.objects.create(
        id=dispatch_id,
        kind=Dispatch.Kind.SETTLEMENT,
        party=to.id,
        url=f"{to.uri.rstrip('/')}/{name}",
        body=raw.decode(),
        next_attempt_at=now,
        made_at=now,
    )
    request = SettlementRequest.objects.create(
        dispatch=dispatch,
        transaction_id=transaction_id,
        action=action,
        party=to.id,
        seller=seller,
        made_at=now,
        until=now + settlements.TTL,
    )
    SettlementLine.objects.bulk_create(
        SettlementLine(
            request=request, action=action, settlement=row, amount_paise=dues.to_move(row)
        )
        for row in rows
    )
    return request
