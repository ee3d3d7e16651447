"""What the console shows of people, banks and sellers: a real browser runs none of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.html import escape

from tests.browser.hostile import HOSTILE, folded, ran
from tests.business.test_hostile_words import desk
from tests.factories import NOON, make_person, make_shop
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)
Facts = Mapping[str, Any]  # Any: columns of many types
# Rows that others' words stand in, and what a constraint or a page asks of them besides.
MODELS: dict[str, Facts] = {
    "accounts.AuditEvent": {"before": {}, "after": {}},
    "accounts.Session": {
        "device_hash": "",
        "revoked_reason": "",
        "created_at": NOON,
        "authenticated_at": NOON,
    },
    "gamification.ForceMajeure": {},
    "jobs.JobRun": {},
    "jobs.Backup": {},
    "merchants.AgreedPrice": {"price_paise": 100_00},
    "notifications.InboxMessage": {},
    "notifications.WebhookDelivery": {"payload": {}},
    "ondc.Circuit": {},
    "ondc.Disagreement": {"decision": "", "reason": ""},
    "ondc.Dispatch": {},
    "ondc.InboundMessage": {},
    "ondc.Offer": {},
    "ondc.Participant": {"kind": "BPP"},
    "ondc.SearchAnswer": {},
    "ondc.SellerRegistration": {"gstin": "29AAPFU0939F1ZR"},
    "ondc.Station": {"mode": "METRO"},
    "payments.BankLine": {"matched_to": ""},
    "payments.BankStatement": {"objections": []},
    "payments.FundAccount": {"merchant_id": None, "vpa": ""},
    "payments.PayoutHalt": {"lifted_because": ""},
    "payments.ReconException": {"state": "OPEN", "reason": ""},
}
# The list holds all of them; a row's own page is of one template, whatever it says.
EACH = 7
# What such a row belongs to.
PARENTS: dict[str, Facts] = {"ondc.Transaction": {"city": "std:0820", "domain": "ONDC:TRV10"}}


@contextmanager
def past_the_guards() -> Iterator[None]:
    """Let rows come to be that no act makes: what is asked is how they are shown, not whether they may be."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def value(field: models.Field[Any, Any], text: str) -> object:
    """Return what a column that must hold something holds: the text wherever it may be one."""
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.CharField | models.TextField | SealedTextField):
        return text[: field.max_length or len(text)]
    if field.null or field.has_default():
        return field.get_default()
    if isinstance(field, ArrayField | models.JSONField):
        return [text[:40]]
    now = timezone.now()
    # A date field comes last: an instant is one too.
    usual = (
        (models.UUIDField, new_id()),
        (models.DateTimeField, now),
        (models.DateField, now.date()),
    )
    return next((one for kind, one in usual if isinstance(field, kind)), 1)


def made(model: type[models.Model], text: str, facts: Facts) -> models.Model:
    """Make a row with this text in each of its columns, and whatever it belongs to."""
    row = model()
    for field in model._meta.concrete_fields:
        if field.attname in facts:
            setattr(row, field.attname, facts[field.attname])
        elif isinstance(field, models.ForeignKey):
            if not field.null:
                to = field.related_model
                own = (MODELS | PARENTS).get(to._meta.label, {})
                setattr(row, field.name, made(to, text, {**facts, **own}))
        elif not (field.primary_key and isinstance(field, models.AutoField)):
            setattr(row, field.attname, value(field, text))
    row.save(force_insert=True)
    return row


@pytest.mark.parametrize("name", MODELS)
def test_no_text_of_a_row_runs_in_an_operators_browser(name: str) -> None:
    model, now = apps.get_model(name), timezone.now()
    shop, person = make_shop(now=now), make_person()
    known = {
        "merchant_id": shop.merchant.pk, "person_id": person, "user_id": person, "zone_id": "MNP",
        "requested_by_id": person, "zone_code": "MNP", "timezone": "Asia/Kolkata",
    }  # fmt: skip
    with past_the_guards():
        keys = [made(model, text, {**known, **MODELS[name]}).pk for text in HOSTILE]
    path = f"{model._meta.app_label}/{model._meta.model_name}"
    looked_at = range(0, len(HOSTILE), EACH)

    pages = desk(f"{path}/", *(f"{path}/{keys[at]}/change/" for at in looked_at))

    whole = "".join(pages)
    assert [at for at in looked_at if escape(HOSTILE[at][:20]) not in whole] == []
    assert ran({str(at): html for at, html in enumerate(folded(pages))}) == {}
