import re

import pytest
from django.test import Client

from uma.kernel.errors import DomainError
from uma.kernel.http.catalogue import _descendants, advice_for, all_refusals
from uma.kernel.http.views import described

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# The outcome is unknown, the service is away, or the bug is ours; everything else is a refusal.
BEYOND_4XX = {
    "payment_gateway_unavailable": 503,
    "ondc_unavailable": 503,
    "too_many_watchers": 503,
    "sign_in_unavailable": 503,
    "internal_error": 500,
    "maybe_applied": 503,
    "unavailable": 503,
    "zone_paused": 503,
}
REFUSALS = all_refusals()


def test_no_two_refusals_share_a_code() -> None:
    classes = [
        refusal
        for refusal in _descendants(DomainError)
        if "code" in vars(refusal) and refusal.__module__.startswith(("uma.", "apps."))
    ]
    by_code: dict[str, set[str]] = {}
    for refusal in classes:
        by_code.setdefault(refusal.code, set()).add(f"{refusal.__module__}.{refusal.__name__}")

    assert {code: names for code, names in by_code.items() if len(names) > 1} == {}


def test_every_refusal_stands_in_an_errors_module() -> None:
    elsewhere = [
        refusal.__module__
        for refusal in REFUSALS.values()
        if not refusal.__module__.endswith(".errors")
    ]

    assert elsewhere == []


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_refusal_has_a_code_a_title_and_a_status_of_the_client(code: str) -> None:
    refusal = REFUSALS[code]

    assert SNAKE.fullmatch(code)
    assert refusal.title
    assert not refusal.title.endswith(".")
    assert advice_for(refusal)
    if code in BEYOND_4XX:
        assert refusal.status == BEYOND_4XX[code]
    else:
        assert 400 <= refusal.status < 500
        assert refusal.applied == "definitely_not"


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_refusal_is_described_to_machines_and_to_people(client: Client, code: str) -> None:
    answers = described()["components"]["responses"]

    page = client.get(f"/problems/{code}", headers={"Accept": "text/html"})

    assert code in answers
    assert page.status_code == 200
    assert code in page.content.decode()


def test_the_list_names_every_refusal(client: Client) -> None:
    entries = client.get("/problems/", headers={"Accept": "application/json"}).json()
    page = client.get("/problems/", headers={"Accept": "text/html"}).content.decode()

    assert [entry["code"] for entry in entries] == sorted(REFUSALS)
    assert all(f"/problems/{code}" in page for code in REFUSALS)
