"""What can be exported stands in one catalogue, and no column changes without a new version."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection

from apps.exports.selectors import CATALOGUE
from uma.kernel.datasets import Dataset

pytestmark = pytest.mark.django_db
SCHEMA = Path(__file__).with_name("schema.json")
DATASETS = sorted(CATALOGUE.values(), key=lambda dataset: dataset.name)


def test_a_change_of_columns_is_a_new_version() -> None:
    """Whoever reads such files by their version finds the columns of that version, for ever."""
    agreed = json.loads(SCHEMA.read_text())

    today = {dataset.name: {str(dataset.version): dataset.headings} for dataset in DATASETS}

    assert agreed.keys() == today.keys()
    for name, versions in today.items():
        for version, headings in versions.items():
            assert agreed[name][version] == headings, name


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_a_dataset_is_a_query_with_its_headings(dataset: Dataset) -> None:
    with connection.cursor() as cursor:
        cursor.execute(dataset.select("TRUE"))
        assert cursor.description is not None
        assert [column.name for column in cursor.description] == dataset.headings
        cursor.execute(dataset.count(f"{dataset.zone} = 'MNP' AND {dataset.at} < now()"))
        assert cursor.fetchone() == (0,)
    assert len(set(dataset.headings)) == len(dataset.headings)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_a_dataset_is_of_a_list_of_the_desk_and_of_whoever_may_read_that(dataset: Dataset) -> None:
    app, _, name = dataset.permission.partition(".")
    model = apps.get_model(dataset.model)

    assert admin.site.is_registered(model)
    assert Permission.objects.filter(content_type__app_label=app, codename=name).exists()
    assert name == f"view_{model._meta.model_name}"


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_each_filter_of_a_dataset_narrows_its_query(dataset: Dataset) -> None:
    for sql in dataset.filters.values():
        with connection.cursor() as cursor:
            cursor.execute(dataset.count(f"{sql}::text = 'x'"))
            assert cursor.fetchone() == (0,)
