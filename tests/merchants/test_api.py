"""A merchant's own profile over HTTP."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.merchants import services
from apps.merchants.models import Merchant
from tests.campaigns.calling import client, rider
from tests.merchants.making import NOON, make_merchant, make_outlet, make_person, make_staff

pytestmark = pytest.mark.django_db
PROFILE = "/api/merchant/profile"


def test_the_profile_is_what_the_business_app_reads() -> None:
    merchant = make_merchant(funds_paise=1_234_56)
    outlet = make_outlet(merchant)

    answer = client(make_staff(merchant), "merchant").get(PROFILE)

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(merchant.pk),
        "businessName": "Corner Café",
        "legalName": "Corner Café Foods LLP",
        "gstin": None,
        "email": "owner@example.org",
        "phone": "",
        "status": "active",
        "zone": "MNP",
        "wallet": 1234.56,
        "held": 0,
        "frozen": False,
        "subscription": "pro",
        "role": "owner",
        "outlets": [
            {
                "id": str(outlet.pk),
                "name": "Main Road",
                "category": "cafe",
                "location": {
                    "latitude": 13.3525,
                    "longitude": 74.7928,
                    "address": "1 Main Road",
                },
                "radius": 150,
                "status": "open",
            }
        ],
    }


@pytest.mark.parametrize(
    ("plan", "subscription"), [("BASIC", "free"), ("PRO", "pro"), ("ENTERPRISE", "enterprise")]
)
def test_a_plan_is_called_as_the_app_calls_it(plan: str, subscription: str) -> None:
    merchant = make_merchant()
    Merchant.objects.update(plan=plan)

    answer = client(make_staff(merchant), "merchant").get(PROFILE)

    assert answer.json()["subscription"] == subscription


def test_a_frozen_wallet_is_shown_as_frozen() -> None:
    merchant = make_merchant()
    services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="odd", now=NOON)

    assert client(make_staff(merchant), "merchant").get(PROFILE).json()["frozen"] is True


def test_the_statements_do_not_grow_with_the_outlets() -> None:
    merchant = make_merchant()
    caller = client(make_staff(merchant), "merchant")
    counts = []
    for _ in range(2):
        for _ in range(3):
            make_outlet(merchant)
        with CaptureQueriesContext(connection) as queries:
            caller.get(PROFILE)
        counts.append(len(queries))

    assert counts == [6, 6]


def test_only_a_merchants_staff_see_it() -> None:
    make_merchant()

    refused = {
        "permission_denied": rider().get(PROFILE),
        "not_a_merchant": client(make_person(), "merchant").get(PROFILE),
        "not_authenticated": APIClient().get(PROFILE),
    }

    for code, answer in refused.items():
        assert answer.json()["code"] == code
    assert [answer.status_code for answer in refused.values()] == [403, 403, 401]
    assert client(uuid4(), "operator").get(PROFILE).status_code == 403
