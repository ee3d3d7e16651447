"""Operators see every row, and change none of those that services write."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory

from apps.accounts.models import User
from tests.factories import NOON

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.startswith("apps.") and model._meta.managed
]


def request_of_somebody_who_may_everything() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = User(username="chief", is_staff=True, is_superuser=True, created_at=NOON)
    return request


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_is_in_the_console(model: type[Model]) -> None:
    assert admin.site.is_registered(model)


@pytest.mark.parametrize(
    "model",
    [model for model in OURS if model is not User],
    ids=lambda model: model._meta.label,
)
def test_no_form_of_the_console_writes_a_row(model: type[Model]) -> None:
    request = request_of_somebody_who_may_everything()
    desk = admin.site._registry[model]

    may = (
        desk.has_add_permission(request),
        desk.has_change_permission(request),
        desk.has_delete_permission(request),
    )

    assert may == (False, False, False)


def test_of_a_person_the_console_changes_nothing_but_an_operators_roles() -> None:
    request = request_of_somebody_who_may_everything()
    desk = admin.site._registry[User]
    person = User(username="somebody", created_at=NOON)

    fields = desk.get_fields(request, person)
    readonly = desk.get_readonly_fields(request, person)
    changeable = {field for field in fields if field not in readonly}

    assert changeable == {"is_active", "is_staff", "groups", "user_permissions"}
    assert not desk.has_add_permission(request)
    assert not desk.has_delete_permission(request)
