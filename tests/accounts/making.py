"""Operators for tests: with a role in a zone, or with everything."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID, uuid4

from django.test import Client

from apps.accounts import services
from apps.accounts.models import User
from tests.merchants.making import NOON, make_person
from uma.kernel.desk_amounts import amount
from uma.kernel.money import PAISE_PER_RUPEE


def give_role(user_id: UUID, role: str, zone: str = "") -> None:
    services.grant_role(
        user_id=user_id, role=role, zone_code=zone, actor_id=None, reason="for a test", now=NOON
    )


def make_operator(role: str | None = None, zone: str = "") -> User:
    """Return an operator: in one role, in one zone or in all, or without a role a superuser."""
    if role is None:
        return services.create_operator(
            username=f"chief-{uuid4()}", display_name="Chief", password=f"{uuid4()}", now=NOON
        )
    user_id = make_person("operator")
    give_role(user_id, role, zone)
    return User.objects.get(pk=user_id)


def confirmed(answers: Mapping[str, object]) -> dict[str, object]:
    """Return what a form of the desk sends once its amount, if it asks for one, was read back."""
    try:
        paise = int(Decimal(str(answers["amount"])) * PAISE_PER_RUPEE)
    except (KeyError, ArithmeticError):
        return {**answers}
    return {"read_back": amount(paise), **answers}


def at_the_desk(user: User) -> Client:
    """Return the browser of an operator who signed in."""
    client = Client()
    client.force_login(user)
    return client
