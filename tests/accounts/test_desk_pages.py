"""The page of a row: amounts stand there as operators read them."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse

from apps.wallet.models import Account
from tests.accounts.cities import City, make_city
from tests.accounts.making import at_the_desk, make_operator
from uma.kernel.desk_amounts import amount

pytestmark = pytest.mark.django_db
LABEL = re.compile(r"<dt>([^<]*)</dt>")


@pytest.fixture
def city() -> City:
    return make_city("MNP")


@pytest.fixture
def operator() -> Client:
    return at_the_desk(make_operator())


def test_no_page_shows_paise(city: City, operator: Client) -> None:
    seen = 0
    for model, site in admin.site._registry.items():
        columns = [one for one in model._meta.concrete_fields if one.name.endswith("_paise")]
        if not columns or not city.rows.get(model):
            continue
        key = min(city.rows[model], key=str)
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        url = reverse(f"admin:{name}_change", args=[quote(key)])
        answer = operator.get(url)
        page, row = answer.content.decode(), answer.context["original"]

        labels = [label.strip().removesuffix(":") for label in LABEL.findall(page)]
        assert not [label for label in labels if "paise" in label.lower()], (model, site)
        # An account that keeps no balance is shown the sum of its entries instead.
        for column in columns if model is not Account else ():
            title = str(column.verbose_name).removesuffix(" paise")
            if title.capitalize() in labels:
                assert f">{amount(getattr(row, column.name))}<" in page, (model, column)
                seen += 1
    assert seen > 50
