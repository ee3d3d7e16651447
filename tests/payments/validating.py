"""Payout accounts whose banks are asked, for tests: made through the services, answered by the pretended Razorpay."""

import json
from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation, FundAccount
from tests.factories import NOON, make_rider
from tests.sandbox.pretended_razorpay import RazorpayProcess

NAME = "Asha Rao"
# Any: the service's arguments, beside others of other types.
BANK: dict[str, Any] = {"account_number": "50100123454321", "ifsc": "HDFC0001234"}
VPA: dict[str, Any] = {"vpa": "asha.rao@okhdfcbank"}
# Rs 1 to the account, Rs 2 and GST of 18 %: what the pretended Razorpay takes.
COST_PAISE, COST_TAX_PAISE = 3_36, 36


def added(
    rider: User | None = None, *, name: str = NAME, now: datetime = NOON, **facts: Any
) -> FundAccount:
    """Return an account of a rider, whose bank is to be asked."""
    person = rider or make_rider("asha", now=now)
    return services.add_fund_account(
        person_id=person.pk, holder_name=name, now=now, **(facts or BANK)
    )


def question(account: FundAccount) -> AccountValidation:
    """Return the newest question about an account."""
    return AccountValidation.objects.filter(fund_account=account).latest("pk")


def state(account: FundAccount) -> tuple[str, str]:
    """Return where the newest question stands, and what the payee reads."""
    account = FundAccount.objects.get(pk=account.pk)
    return question(account).state, account.verification.value


def put_at(cloud: RazorpayProcess) -> list[dict[str, Any]]:  # Any: JSON
    """Return the questions that the pretended Razorpay was asked."""
    rows: list[dict[str, Any]] = cloud.ask("fav")["items"]  # Any: as above
    return rows


def asked(account: FundAccount, gateway: Gateway, *, now: datetime = NOON) -> AccountValidation:
    """Return the question, put to Razorpay."""
    assert services.validate_next(gateway=gateway, now=now) == "CREATED"
    return question(account)


def answered(
    cloud: RazorpayProcess, account: FundAccount, status: str = "completed", **manners: object
) -> None:
    """Let the bank of an account answer its question; nobody is told of it here."""
    cloud.order("validations", ends="", **manners)
    cloud.order("validations/end", validation_id=question(account).razorpay_id, status=status)


def looked(account: FundAccount, gateway: Gateway, *, now: datetime = NOON) -> tuple[str, str]:
    """Have Razorpay asked now what became of it; return where it stands."""
    AccountValidation.objects.filter(fund_account=account, state="CREATED").update(next_look_at=now)
    services.look_at_validations(gateway=gateway, now=now, limit=100)
    return state(account)


def validation_event(razorpay_id: str, name: str = "completed", **entity: object) -> bytes:
    """Return an event of RazorpayX as it comes."""
    facts = {"id": razorpay_id, "entity": "fund_account.validation"} | entity
    payload = {"fund_account.validation": {"entity": facts}}
    event = f"fund_account.validation.{name}"
    return json.dumps({"entity": "event", "event": event, "payload": payload}).encode()
