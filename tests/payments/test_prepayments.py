"""Money that riders pay in advance: held first, taken when it bought something, given back when not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.payments import services
from apps.payments.errors import (
    DeskReasonRequired,
    GatewayUnavailable,
    PrepaymentTooSmall,
    PrepaymentUnderway,
    RefundNotStuck,
    RefundReferenceMissing,
)
from apps.payments.gateway import Gateway
from apps.payments.models import Prepayment, PrepaymentRefund, ReconException, SettledLine
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from tests.factories import NOON
from tests.payments.making import event_body, received, state_of
from tests.payments.prepaid import (
    FARE_PAISE,
    SOON,
    begun,
    books,
    bought,
    captured,
    held,
    made_up,
    now_of,
    refund_of,
    taken,
    zone_paise,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def test_money_is_held_until_it_bought_something_and_taken_then(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = held(cloud, account)
    assert cloud.ask("pay")["items"][0]["status"] == "authorized"
    assert books() == (0, 0, 0), "money that is held is nobody's yet"

    bought(row)
    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    services.tend_prepayments(gateway=account, now=SOON, limit=10)

    assert cloud.ask("pay")["items"][0]["status"] == "captured"
    assert now_of(row).state == "CAPTURED"
    assert now_of(row).fee_paise == 1_42
    assert books() == (FARE_PAISE, FARE_PAISE, 0)
    captures = [call for call in cloud.ask("calls")["calls"] if call.endswith("/capture")]
    assert len(captures) == 1


def test_what_nobody_bought_is_never_taken(cloud: RazorpayProcess, account: Gateway) -> None:
    row = held(cloud, account)
    services.pledge_prepayment(purpose=row.purpose, now=NOON)

    services.undo_prepayment(purpose=row.purpose, back_paise=FARE_PAISE, reason="x", now=NOON)
    cloud.order("lapse", payment_id=row.payment_id)
    for minutes in range(1, 20, 3):
        later = NOON + timedelta(minutes=minutes)
        services.tend_prepayments(gateway=account, now=later, limit=10)

    assert (now_of(row).state, now_of(row).next_look_at) == ("RELEASED", None)
    assert not services.take_prepayment(purpose=row.purpose, now=SOON), "it was let go"
    assert not PrepaymentRefund.objects.exists()
    assert books() == (0, 0, 0)


def test_what_an_account_took_by_itself_is_given_back_when_nothing_was_bought(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = held(cloud, account)
    services.undo_prepayment(purpose=row.purpose, back_paise=0, reason="x", now=NOON)
    account.capture(payment_id=row.payment_id or "", amount_paise=FARE_PAISE)

    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    assert books() == (FARE_PAISE, 0, FARE_PAISE)
    assert services.send_refunds(gateway=account, now=NOON, limit=10) == 1

    assert (refund_of(row).state, refund_of(row).reason) == ("SENT", "not_bought")
    assert books() == (0, 0, 0)


@pytest.mark.parametrize("later", [False, True], ids=["after the capture", "before the capture"])
def test_what_is_owed_back_is_a_row_until_it_went_once(
    cloud: RazorpayProcess, account: Gateway, *, later: bool
) -> None:
    row = held(cloud, account) if later else taken(cloud, account)
    if later:
        bought(row)
    for _ in range(2):
        services.undo_prepayment(
            purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON
        )
    assert refund_of(row).state == "OWED"
    assert (refund_of(row).owed_journal_id is None) == later
    assert services.send_refunds(gateway=account, now=NOON, limit=10) == (0 if later else 1)
    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    services.send_refunds(gateway=account, now=NOON, limit=10)

    assert refund_of(row).state == "SENT"
    assert [each["amount"] for each in cloud.ask("rfnd")["items"]] == [55_00]
    assert books() == (5_00, 5_00, 0)


def test_a_refund_whose_answer_was_lost_is_found_and_not_sent_again(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = taken(cloud, account)
    services.undo_prepayment(purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON)
    cloud.order("weather", path=f"/v1/payments/{row.payment_id}/refund", times=1, after=True)
    # The look before it is lost; then the refund itself is made, and nobody hears of it.
    assert services.send_refunds(gateway=account, now=NOON, limit=10) == 0
    cloud.order("weather", path=f"/v1/payments/{row.payment_id}/refund", times=0)
    account.refund(
        payment_id=row.payment_id or "",
        amount_paise=55_00,
        receipt=refund_of(row).pk.hex,
        key=str(refund_of(row).pk),
    )

    assert services.send_refunds(gateway=account, now=SOON, limit=10) == 1

    assert len(cloud.ask("rfnd")["items"]) == 1
    assert refund_of(row).reference == cloud.ask("rfnd")["items"][0]["id"]


def test_a_refund_that_razorpay_refuses_waits_for_a_person(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = taken(cloud, account)
    services.undo_prepayment(purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON)
    refund, desk = refund_of(row), {"actor_id": new_id(), "now": SOON}
    facts = {"refund_id": refund.pk, **desk}
    with pytest.raises(RefundNotStuck):
        services.settle_refund(reference="UTR1", reason="asked", **facts)  # type: ignore[arg-type]
    cloud.order("alter", kind="pay", id=row.payment_id, facts={"amount_refunded": 10_00})
    services.send_refunds(gateway=account, now=NOON, limit=10)
    assert refund_of(row).state == "STUCK"
    assert services.send_refunds(gateway=account, now=SOON, limit=10) == 0

    services.send_refund_again(reason="look again", **facts)  # type: ignore[arg-type]
    services.send_refunds(gateway=account, now=SOON, limit=10)
    assert refund_of(row).state == "STUCK"
    with pytest.raises(DeskReasonRequired):
        services.settle_refund(reference="UTR1", reason=" ", **facts)  # type: ignore[arg-type]
    with pytest.raises(RefundReferenceMissing):
        services.settle_refund(reference=" ", reason="paid", **facts)  # type: ignore[arg-type]
    services.settle_refund(reference="UTR1", reason="paid by the bank", **facts)  # type: ignore[arg-type]

    assert (refund_of(row).state, refund_of(row).reference) == ("SETTLED", "UTR1")
    assert zone_paise(ZoneAccount.TICKET_REFUNDS) == 0
    assert zone_paise(ZoneAccount.BANK_NODAL) == -55_00
    with pytest.raises(RefundNotStuck):
        services.settle_refund(reference="UTR2", reason="again", **facts)  # type: ignore[arg-type]


def test_a_capture_that_razorpay_refuses_for_good_is_lost_and_says_so(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = held(cloud, account)
    bought(row)
    cloud.order("lapse", payment_id=row.payment_id)

    services.tend_prepayments(gateway=account, now=NOON, limit=10)

    assert now_of(row).state == "LOST"
    assert books() == (0, 0, 0)


def test_a_capture_whose_answer_was_lost_is_booked_by_the_next_look(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = held(cloud, account)
    bought(row)
    cloud.order("weather", path=f"/v1/payments/{row.payment_id}/capture", times=1, after=True)
    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    assert now_of(row).state == "DUE"

    services.tend_prepayments(gateway=account, now=SOON, limit=10)

    assert now_of(row).state == "CAPTURED"
    assert books() == (FARE_PAISE, FARE_PAISE, 0)


def test_asked_again_it_is_the_same_payment_and_another_amount_lets_the_first_go(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    first = begun()
    again = begun(purpose=first.purpose)
    dearer = begun(purpose=first.purpose, amount_paise=65_00)

    assert again.pk == first.pk
    assert dearer.pk != first.pk
    assert now_of(first).state == "RELEASED"
    with pytest.raises(PrepaymentTooSmall):
        begun(amount_paise=99)
    Prepayment.objects.filter(pk=dearer.pk).update(state="OPEN", order_id="order_1")
    for state in ("HELD", "PLEDGED"):
        Prepayment.objects.filter(pk=dearer.pk).update(state=state, payment_id="pay_1")
    with pytest.raises(PrepaymentUnderway):
        begun(purpose=first.purpose)
    cloud.order("weather", path="/v1/orders", times=5)
    with pytest.raises(GatewayUnavailable):
        services.order_prepayment(prepayment_id=begun().pk, gateway=account, now=NOON)


def test_an_order_that_nobody_pays_is_closed_and_a_lost_webhook_costs_seconds(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    unpaid, row = begun(), begun()
    services.tend_prepayments(gateway=account, now=NOON + timedelta(seconds=30), limit=10)
    cloud.order("pay", order_id=now_of(row).order_id, outcome="authorized")
    services.tend_prepayments(gateway=account, now=NOON + timedelta(minutes=2), limit=10)
    services.tend_prepayments(gateway=account, now=NOON + timedelta(minutes=40), limit=10)

    assert (now_of(unpaid).state, now_of(row).state) == ("RELEASED", "HELD")


def test_a_webhook_that_tells_of_a_payment_is_asked_after_and_held(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = services.order_prepayment(prepayment_id=begun().pk, gateway=account, now=NOON)
    paid = cloud.order("pay", order_id=row.order_id, outcome="authorized")["id"]

    told = received(event_body(paid, "payment.authorized"))
    assert told is not None
    services.handle_event(event_id=told, gateway=account, now=NOON)

    assert (state_of(told), now_of(row).state) == (("DONE", "held"), "HELD")
    account.capture(payment_id=paid, amount_paise=FARE_PAISE)
    bought(row)
    again = received(event_body(paid, "payment.captured"))
    assert again is not None
    services.handle_event(event_id=again, gateway=account, now=NOON)
    assert (state_of(again), books()) == (("DONE", "captured"), (FARE_PAISE, FARE_PAISE, 0))


def test_a_day_of_payments_and_refunds_is_settled_and_leaves_nothing_over(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    now = timezone.now()
    kept, cancelled = taken(cloud, account), taken(cloud, account)
    services.undo_prepayment(
        purpose=cancelled.purpose, back_paise=55_00, reason="cancelled", now=now
    )
    assert services.send_refunds(gateway=account, now=now, limit=10) == 1
    cloud.order("settle")

    services.pull_settlements(gateway=account, now=now)
    services.reconcile(gateway=account, now=now, since=NOON - timedelta(days=1))

    assert not SettledLine.objects.filter(state="HELD").exists()
    kinds = set(ReconException.objects.values_list("kind", flat=True))
    assert not {kind for kind in kinds if kind.startswith("PAYMENT_")}
    assert zone_paise(ZoneAccount.PG_CLEARING) == 0
    assert zone_paise(ZoneAccount.BANK_NODAL) == 2 * (FARE_PAISE - 1_42) - 55_00
    assert zone_paise(ZoneAccount.TICKETS_OWED) == FARE_PAISE + 5_00
    assert now_of(kept).state == "CAPTURED"


def test_what_is_owed_for_tickets_is_no_cover_for_what_riders_own(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    def short() -> list[str]:
        custody = next(check for check in ledger.checks() if check.name == "custody")
        return [found.detail for found in custody.find()]

    row = taken(cloud, account)
    assert short() == []
    purse = codes.rider_wallet(row.rider_id)
    goodwill = codes.zone_account("MNP", ZoneAccount.GOODWILL)
    wallet.open_accounts(codes=[purse, goodwill])
    wallet.post(
        kind="goodwill",
        reference="goodwill:1",
        legs=[wallet.Leg(goodwill, purse, FARE_PAISE)],
        zone_code="MNP",
        event_at=NOON,
        actor_id=new_id(),
    )
    (detail,) = short()
    assert f"{FARE_PAISE} short" in detail


def test_a_payment_that_is_not_the_one_ordered_is_for_a_person() -> None:
    row = made_up("OPEN")
    wrong = captured(row)
    note = services.note_payment
    for changes, outcome in (
        ({"amount_paise": 1}, "amount_differs"),
        ({"currency": "USD"}, "amount_differs"),
        ({"order_id": "order_unknown"}, "unknown_order"),
        ({"status": "failed"}, "not_paid"),
    ):
        facts = type(wrong)(**{name: getattr(wrong, name) for name in wrong.__slots__} | changes)
        assert note(facts=facts, now=NOON) == outcome
    assert note(facts=captured(row), now=NOON) == "held"
    other = type(wrong)(
        **{name: getattr(wrong, name) for name in wrong.__slots__} | {"id": "pay_other"}
    )
    assert note(facts=other, now=NOON) == "another_payment"
