"""Sign-in by name alone exists while developing, and nowhere else."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import clear_url_caches
from django.utils import timezone
from pytest_django.fixtures import Settings

import apps.accounts.urls
import uma.urls
from apps.accounts import services
from apps.accounts.models import User
from tests.factories import make_rider, make_shop
from tests.rides.calling import problem

pytestmark = pytest.mark.django_db
Serve = Callable[[bool], None]


@pytest.fixture
def rider() -> User:
    return make_rider("asha", now=timezone.now())


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Return what builds the paths anew, as a server with or without DEBUG has them."""
    before = settings.DEBUG

    def build(debug: bool) -> None:  # noqa: FBT001 — the setting's own value
        settings.DEBUG = debug
        importlib.reload(apps.accounts.urls)
        importlib.reload(uma.urls)
        clear_url_caches()

    yield build
    build(before)


def sign_in(**body: object) -> Any:  # Any: Django's test response
    return Client().post("/api/auth/dev", body, content_type="application/json")


def test_a_developer_signs_in_by_name_and_the_token_is_good(serve: Serve, rider: User) -> None:
    serve(True)  # noqa: FBT003

    response = sign_in(username=rider.username)

    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"access", "user"}
    assert body["user"] == {"id": str(rider.pk), "name": "Asha", "role": "rider"}
    headers = {"Authorization": f"Bearer {body['access']}"}
    assert Client().get("/api/user/profile", headers=headers).json()["id"] == str(rider.pk)


def test_a_developer_chooses_the_role(serve: Serve) -> None:
    serve(True)  # noqa: FBT003
    shop = make_shop(now=timezone.now())
    owner = User.objects.get(pk=shop.owner_id)

    body = sign_in(username=owner.username, role="merchant").json()

    assert body["user"]["role"] == "merchant"
    headers = {"Authorization": f"Bearer {body['access']}"}
    profile = Client().get("/api/merchant/profile", headers=headers).json()
    assert UUID(profile["id"]) == shop.merchant.pk


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"username": "nobody"}, 404, "unknown_person"),
        ({}, 422, "validation_failed"),
        ({"username": "asha", "role": "king"}, 422, "validation_failed"),
        ({"username": "asha", "password": "x"}, 400, "unknown_field"),
    ],
)
def test_a_wrong_sign_in_is_named(
    serve: Serve, body: dict[str, object], status: int, code: str
) -> None:
    serve(True)  # noqa: FBT003

    problem(sign_in(**body), status, code)


def test_who_left_does_not_sign_in(serve: Serve, rider: User) -> None:
    serve(True)  # noqa: FBT003
    User.objects.filter(pk=rider.pk).update(is_active=False)

    problem(sign_in(username=rider.username), 404, "unknown_person")


def test_production_has_no_sign_in_by_name(serve: Serve, rider: User) -> None:
    serve(False)  # noqa: FBT003

    real = sign_in(username=rider.username)
    unknown = Client().post("/api/auth/no-such-path", {}, content_type="application/json")

    assert real.status_code == unknown.status_code == 404
    assert real.json() | {"requestId": ""} == unknown.json() | {"requestId": ""}


def test_an_operators_password_is_no_part_of_any_answer(serve: Serve) -> None:
    serve(True)  # noqa: FBT003
    operator = services.create_operator(
        username="ops", display_name="Ops", password="long enough", now=timezone.now()
    )

    answer = sign_in(username="ops", role="operator").content.decode()

    assert "long enough" not in answer
    assert operator.password not in answer
