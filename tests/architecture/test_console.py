"""Operators see every row, and change none of those that services write."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory

from apps.accounts.models import User
from tests.factories import NOON
from uma.kernel.desk import ReadOnlyAdmin, permission_of

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and model._meta.managed
]

ACROSS_ZONES = {
    "accounts.AuditEvent",
    "accounts.ExchangedToken",
    # Whoever was erased has no zone any more.
    "accounts.FirebaseDeletion",
    "jobs.JobRun",
    "jobs.Backup",
    "handshake.BooksLook",
    # A callback may name no journey of ours, and a participant serves every city.
    "ondc.InboundMessage",
    "ondc.Participant",
    "ondc.Circuit",
    "ondc.Dispatch",
    "ondc.SettlementRequest",
    "ondc.SellerRegistration",
    # Its merchant is a plain column, which its own `within` follows.
    "merchants.FirstVisit",
    "notifications.WebhookDelivery",
    # One account at Razorpay serves every zone.
    "payments.GatewayEvent",
    # … and what stops it, holds it back or limits it.
    "payments.PayoutHalt",
    "payments.PayoutDowntime",
    "payments.WalletPolicy",
    "payments.Settlement",
    "payments.SettledLine",
    # And one account at the bank.
    "payments.BankStatement",
    "payments.BankLine",
    "payments.ReconRun",
    "payments.ReconException",
    "payments.CustodyCheck",
    # Zones under one registration may count together.
    "payments.Series",
    "notifications.WebhookEndpoint",
    "rides.SpokenCodeTries",
    "gamification.FailedScan",
    "gamification.Projection",
    "gamification.Reminder",
}


def request_of_somebody_who_may_everything() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = User(username="chief", is_staff=True, is_superuser=True, created_at=NOON)
    return request


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_is_in_the_console(model: type[Model]) -> None:
    assert admin.site.is_registered(model)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_form_of_the_console_writes_a_row(model: type[Model]) -> None:
    request = request_of_somebody_who_may_everything()
    desk = admin.site._registry[model]

    may = (
        desk.has_add_permission(request),
        desk.has_change_permission(request),
        desk.has_delete_permission(request),
    )

    assert may == (False, False, False)


def test_no_desk_keeps_the_request_of_whoever_looked_last() -> None:
    """The theme's own class does, on an object that all threads share."""
    request = request_of_somebody_who_may_everything()
    desks = [desk for desk in admin.site._registry.values() if isinstance(desk, ReadOnlyAdmin)]
    for desk in desks:
        desk.request = request

    assert [desk for desk in desks if hasattr(desk, "request")] == []
    assert all(desk.media.render_js() for desk in desks)


def test_every_act_of_the_console_names_the_permission_it_needs() -> None:
    silent = [
        f"{model._meta.label}.{action}"
        for model, desk in admin.site._registry.items()
        for action in desk.actions or ()
        if not isinstance(action, str) or "." not in permission_of(desk, action)
    ]

    assert silent == []


def test_every_model_of_the_console_says_where_its_rows_keep_their_zone() -> None:
    """Left out on purpose: rows across the zones, which only who sees every zone sees."""
    across = {
        model._meta.label
        for model, desk in admin.site._registry.items()
        if isinstance(desk, ReadOnlyAdmin) and desk.zone_path is None
    }

    assert across == ACROSS_ZONES


def test_every_desk_stands_on_the_one_that_knows_the_zones() -> None:
    others = [
        model._meta.label
        for model, desk in admin.site._registry.items()
        if not isinstance(desk, ReadOnlyAdmin)
    ]

    assert others == []
