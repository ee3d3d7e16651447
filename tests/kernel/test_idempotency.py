import pytest
from django.test import Client

from uma.kernel.http.errors import IdempotencyKeyMalformed
from uma.kernel.http.idempotency import fingerprint, parse_idempotency_key
from uma.kernel.http.strict_json import parse_strict

pytestmark = pytest.mark.urls("tests.kernel.urls")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ('"8e03978e"', "8e03978e"),
        ('  "8e03978e"  ', "8e03978e"),
        ('"a b"', "a b"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("k" * 255, "k" * 255),
    ],
)
def test_a_key_is_read_quoted_or_bare(header: str, key: str) -> None:
    assert parse_idempotency_key(header) == key


@pytest.mark.parametrize(
    "header",
    [
        "",
        '""',
        " ",
        '" "',
        '"a',
        'a"',
        "a b",
        "k" * 256,
        "é",
        "a\tb",
        r'"a\b"',
        '"a", "b"',
        "a\x7f",
    ],
)
def test_a_key_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(IdempotencyKeyMalformed):
        parse_idempotency_key(header)


def test_a_malformed_key_is_a_problem_and_a_missing_one_is_none(client: Client) -> None:
    bad = client.post(
        "/api/keyed", {}, content_type="application/json", headers={"Idempotency-Key": "a b"}
    )
    without = client.post("/api/keyed", {}, content_type="application/json")

    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency_key_malformed")
    assert without.status_code == 204


def print_of(body: bytes, *, method: str = "POST", path: str = "/api/x") -> bytes:
    return fingerprint(method, path, parse_strict(body, "application/json"))


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (b'{"a": 1, "b": 2}', b'{ "b": 2,\n"a": 1 }'),
        (b'{"amount": 150}', b'{"amount": 150.00}'),
        (b'{"amount": 149.5}', b'{"amount": 149.50}'),
        (b'{"amount": 100}', b'{"amount": 1e2}'),
        (b'{"a": "e"}', rb'{"a": "\u0065"}'),
        (b"{}", b"[]"),
    ],
)
def test_the_same_request_written_differently_has_one_fingerprint(one: bytes, same: bytes) -> None:
    assert print_of(one) == print_of(same)


@pytest.mark.parametrize(
    "other",
    [
        b'{"amount": 151}',
        b'{"amount": 150.01}',
        b'{"amount": "150"}',
        b'{"amount": null}',
        b'{"amount": [150]}',
        b'{"amounts": 150}',
        b"{}",
        b'{"amount": 150, "more": 1}',
    ],
)
def test_another_body_has_another_fingerprint(other: bytes) -> None:
    assert print_of(other) != print_of(b'{"amount": 150}')


def test_method_and_path_belong_to_the_fingerprint() -> None:
    body = b'{"amount": 150}'

    assert len(print_of(body)) == 32
    assert print_of(body, method="PUT") != print_of(body)
    assert print_of(body, path="/api/y") != print_of(body)
