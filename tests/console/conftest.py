"""People whose pages operators look at, and riders on a network."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import Shop, make_rider, make_shop
from tests.rider.conftest import on_the_network

__all__ = ["on_the_network"]


@pytest.fixture
def shop() -> Shop:
    return make_shop("Laterite", now=timezone.now())


@pytest.fixture
def rider(shop: Shop) -> User:
    rider = make_rider("asha", zone=shop.outlet.zone_id)
    rider.phone, rider.display_name = "+919000012345", "Asha"
    rider.save()
    return rider


@pytest.fixture
def operator() -> User:
    return make_operator("support", "MNP")


@pytest.fixture
def desk(operator: User) -> Client:
    return at_the_desk(operator)
