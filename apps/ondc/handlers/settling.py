"""Money is talked about: a seller asks whether we see the same, answers us, and the agency says what it moved."""

from datetime import datetime

from apps.ondc import agreeing, dues
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import error_of
from apps.ondc.models import Disagreement, Dispatch, Settlement, SettlementLine, SettlementRequest
from apps.ondc.money_calls import find_request, kept_unknown
from apps.ondc.outgoing import settlements, wire
from apps.ondc.outgoing.context import Json
from apps.ondc.outgoing.settlements import Differs
from apps.ondc.reading import at, exact
from apps.ondc.settlements_told import OrderMoved, OrderSeen, orders_moved, orders_seen

Kind, Recon = Disagreement.Kind, Settlement.Recon
Answer, State = SettlementLine.Answer, SettlementRequest.State
_MOVED = {Answer.SETTLED.value, Answer.NOT_SETTLED.value, Answer.PENDING.value}


def recon(handling: Handling) -> Outcome:
    """Answer what a seller asks about its orders, and keep what we see differently."""
    orders = orders_seen(handling.body)
    if not orders:
        raise Refused("no_orders")
    rows = _lock(bpp_id=handling.message.sender, number__in=[one.number for one in orders])
    by_number = {row.number: row for row in rows}
    unknown = [one.number for one in orders if one.number not in by_number]
    kept, too_many = kept_unknown(unknown, sender=handling.message.sender, now=handling.now)
    if too_many:
        handling.deviations.append(
            f"{len(too_many)} unknown orders too many, answered and not kept"
        )
    answers = [_judge(handling, one, by_number.get(one.number), kept=kept) for one in orders]
    raw = _answer(handling, answers, known=bool(rows))
    context = at(handling.body, "context")
    theirs = "bap" if exact(context, "bap_id") == handling.message.sender else "bpp"
    uri = exact(context, f"{theirs}_uri", most=500)
    # A message that is handled again is not answered again.
    Dispatch.objects.bulk_create(
        [
            Dispatch(
                kind=Dispatch.Kind.SETTLEMENT,
                inbound=handling.message,
                party=handling.message.sender,
                url=f"{uri.rstrip('/')}/on_recon",
                body=raw.decode(),
                next_attempt_at=handling.now,
                made_at=handling.now,
            )
        ],
        ignore_conflicts=True,
    )
    return Outcome.DONE


def _judge(
    handling: Handling, seen: OrderSeen, row: Settlement | None, *, kept: frozenset[str]
) -> Json:
    sender, now = handling.message.sender, handling.now
    if row is None:
        if seen.number in kept:
            agreeing.differ(
                Kind.UNKNOWN_ORDER,
                party=sender,
                number=seen.number,
                theirs_paise=seen.amount_paise,
                inbound=handling.message,
                now=now,
            )
        return settlements.unknown(seen.number)
    due = agreeing.due_of(row)
    agreeing.told(row, status=seen.status, reference=seen.reference, at=handling.sent_at)
    if _same(seen, row):
        agreeing.agree(row, now=now)
        return settlements.accord(due)
    _differs(handling, seen, row)
    return settlements.discord(
        due,
        Differs(
            amount_paise=abs(due.amount_paise - (seen.amount_paise or 0)),
            fee_paise=abs(due.fee_paise - (seen.fee_paise or 0)),
        ),
    )


def _answer(handling: Handling, orders: list[Json], *, known: bool) -> bytes:
    context = settlements.answer_context(
        at(handling.body, "context"), action="on_recon", at=handling.now
    )
    if known:
        return wire.encode(context=context, message={"orders": orders})
    error: Json = {"code": settlements.ORDER_UNKNOWN, "message": "Invalid Order Id"}
    return wire.encode_error(context=context, error=error)


def _same(seen: OrderSeen, row: Settlement) -> bool:
    return (
        seen.amount_paise == dues.to_move(row)
        and seen.fee_paise in (None, row.fee_paise)
        and seen.deductions_paise == 0
    )


def _differs(handling: Handling, seen: OrderSeen, row: Settlement) -> None:
    row.recon = Recon.DIFFERS
    row.save(update_fields=["recon"])
    parts = [f"fee {seen.fee_paise}"] if seen.fee_paise not in (None, row.fee_paise) else []
    parts += [f"deductions {seen.deductions_paise}"] if seen.deductions_paise else []
    parts += [f"error {seen.error_code}"] if seen.error_code else []
    agreeing.differ(
        Kind.AMOUNT,
        party=handling.message.sender,
        row=row,
        ours_paise=dues.to_move(row),
        theirs_paise=seen.amount_paise,
        detail=", ".join(parts),
        inbound=handling.message,
        now=handling.now,
    )


def on_recon(handling: Handling) -> Outcome:
    """Take what a seller says to what we asked, order by order; the rest is waited for."""
    request = _request(handling, "RECON")
    if code := error_of(handling.body):
        return _refused(handling, request, code)
    seen = {one.number: one for one in orders_seen(handling.body)}
    news = 0
    for line in _lines(request, seen):
        one = seen.pop(line.settlement.number)
        if line.answer not in {Answer.NONE, Answer.EXPIRED}:
            continue
        news += 1
        # Who agrees and repeats no amount agrees to what was asked.
        same = one.accord is True and one.amount_paise is None
        same = same or (one.accord is not False and _same(one, line.settlement))
        _note(
            line, Answer.AGREED if same else Answer.DIFFERS, one.amount_paise, one.reference,
            one.error_code, now=handling.now,
        )  # fmt: skip
        _believe(handling, line, one)
    handling.deviations += [f"not asked about {number[:60]}" for number in list(seen)[:5]]
    _close(request, now=handling.now)
    return Outcome.DONE if news else Outcome.IGNORED


def _believe(handling: Handling, line: SettlementLine, seen: OrderSeen) -> None:
    """Bring the order's row to an answer, unless another question about it was asked since."""
    row = line.settlement
    later = row.lines.filter(action=line.action, request__made_at__gt=line.request.made_at)
    if later.exists():
        handling.deviations.append("asked again since")
        return
    agreeing.told(row, status=seen.status, reference=seen.reference, at=handling.sent_at)
    if line.answer == Answer.AGREED and dues.to_move(row) == line.amount_paise:
        agreeing.agree(row, now=handling.now)
    elif dues.to_move(row) != line.amount_paise:
        # The fare changed while they looked: it is asked anew.
        row.recon = Recon.NONE
        row.save(update_fields=["recon"])
    else:
        _differs(handling, seen, row)


def on_settle(handling: Handling) -> Outcome:
    """Take what the agency says it moved; the ledger waits for the bank (decisions/0039)."""
    request = _request(handling, "SETTLE")
    if code := error_of(handling.body):
        return _refused(handling, request, code)
    moved = {one.number: one for one in orders_moved(handling.body)}
    news = 0
    for line in _lines(request, moved):
        one = moved.pop(line.settlement.number)
        if one.status not in _MOVED:
            handling.deviations.append(f"status {one.status[:16] or 'missing'}")
        elif line.answer not in {Answer.SETTLED, one.status}:
            news += 1
            _moved(handling, line, one)
    handling.deviations += [f"not asked about {number[:60]}" for number in list(moved)[:5]]
    _close(request, now=handling.now)
    return Outcome.DONE if news or not request.lines.exists() else Outcome.IGNORED


def _moved(handling: Handling, line: SettlementLine, moved: OrderMoved) -> None:
    now, row = handling.now, line.settlement
    _note(line, moved.status, moved.settled_paise, moved.reference, moved.error_code, now=now)
    agreeing.told(row, status=moved.status, reference=moved.reference, at=handling.sent_at)
    kind = ""
    if moved.status == Answer.NOT_SETTLED:
        kind = Kind.NOT_SETTLED
    elif moved.status == Answer.SETTLED and moved.settled_paise not in (None, line.amount_paise):
        kind = Kind.SETTLED_AMOUNT
    if kind:
        agreeing.differ(
            kind,
            party=handling.message.sender,
            row=row,
            ours_paise=line.amount_paise,
            theirs_paise=moved.settled_paise,
            detail=f"error {moved.error_code}" if moved.error_code else "",
            inbound=handling.message,
            now=now,
        )
    elif moved.status == Answer.SETTLED:
        row.disagreements.filter(
            party=handling.message.sender,
            kind__in=[Kind.NO_ANSWER, Kind.NOT_SETTLED],
            decided_at__isnull=True,
        ).update(decided_at=now, decision=Disagreement.Decision.AGREED)


def _request(handling: Handling, action: str) -> SettlementRequest:
    """
    Lock the request that a message answers: by its message id, or by its journey in other hands' forms.

    Raises:
        Refused
    """
    row = handling.message
    found = find_request(
        SettlementRequest.objects.select_for_update(no_key=True),
        action=action,
        party=row.sender,
        message_id=row.message_id,
        transaction_text=row.transaction_text,
    )
    if found is None:
        raise Refused("not_asked")
    return found


def _lock(**which: object) -> list[Settlement]:
    """Lock settlements in the order of their ids."""
    rows = Settlement.objects.select_for_update(no_key=True).filter(**which)
    return list(rows.order_by("pk"))


def _lines(request: SettlementRequest, numbers: object) -> list[SettlementLine]:
    """Return the lines of a request that are told of, their settlements locked."""
    assert isinstance(numbers, dict)
    lines = list(
        request.lines.filter(settlement__number__in=list(numbers)).order_by("settlement_id")
    )
    rows = {row.pk: row for row in _lock(pk__in=[line.settlement_id for line in lines])}
    for line in lines:
        line.request, line.settlement = request, rows[line.settlement_id]
    return lines


def _note(
    line: SettlementLine,
    answer: str,
    told_paise: int | None,
    reference: str,
    error_code: str,
    *,
    now: datetime,
) -> None:
    line.answer, line.told_paise, line.answered_at = answer, told_paise, now
    line.reference, line.error_code = reference, error_code
    line.save(update_fields=["answer", "told_paise", "answered_at", "reference", "error_code"])


def _close(request: SettlementRequest, *, now: datetime) -> None:
    if (
        request.state in {State.OPEN, State.EXPIRED}
        and not request.lines.filter(answer__in=[*agreeing.OPEN_ANSWERS, Answer.EXPIRED]).exists()
    ):
        request.state, request.closed_at = State.ANSWERED, now
        request.save(update_fields=["state", "closed_at"])


def _refused(handling: Handling, request: SettlementRequest, code: str) -> Outcome:
    if request.state not in {State.OPEN, State.EXPIRED}:
        return Outcome.IGNORED
    agreeing.refuse_request(request, code=code, inbound=handling.message, now=handling.now)
    return Outcome.DONE
