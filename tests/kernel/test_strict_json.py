import json
import time
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.json_cases import JSON, ODD, REFUSED, Case
from uma.kernel.errors import DomainError
from uma.kernel.http import strict_json
from uma.kernel.http.strict_json import parse_strict
from uma.kernel.http.wsgi import Handler, Request

pytestmark = pytest.mark.urls("tests.kernel.urls")

BY_HEADER = {name for name, case in REFUSED.items() if case.encoding}


def send(client: Client, path: str, case: Case) -> Any:  # Any: the test client's response
    headers = {"Content-Encoding": case.encoding} if case.encoding else {}
    return client.generic("POST", path, case.body, content_type=case.content_type, headers=headers)


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(REFUSED) >= 150


@pytest.mark.parametrize("name", sorted(set(REFUSED) - BY_HEADER))
def test_a_hostile_body_is_refused_by_the_parser(name: str) -> None:
    case = REFUSED[name]

    with pytest.raises(DomainError) as refusal:
        parse_strict(case.body, case.content_type)

    assert refusal.value.status in {400, 413, 415}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_hostile_body_is_answered_with_a_problem(client: Client, name: str) -> None:
    # The thread's own time: a shared machine may pause a test for longer than any parser works.
    started = time.thread_time()

    response = send(client, "/api/echo", REFUSED[name])

    worked = time.thread_time() - started
    assert response.status_code in {400, 413, 415}
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["success"] is False
    assert problem["applied"] == "definitely_not"
    assert problem["requestId"] == response["X-Request-ID"]
    # 50 ms is the law's figure; ten times that is what an attack would be seen by.
    assert worked < 0.5


@pytest.mark.parametrize("name", sorted(ODD))
def test_a_document_of_another_shape_is_a_client_error(client: Client, name: str) -> None:
    response = send(client, "/api/echo", ODD[name])

    assert response.status_code in {400, 422}
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"{}", {}),
        (b"[]", []),
        (b"null", None),
        (b"true", True),
        (b'"x"', "x"),
        (b" {\r\n\t} ", {}),
        (b'{"qrData": "UMA1.A1.X:Y"}', {"qr_data": "UMA1.A1.X:Y"}),
        (b'{"a": 9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a": -9223372036854775807}', {"a": -(2**63) + 1}),
        (b'{"a": 149.50}', {"a": Decimal("149.50")}),
        (b'{"a": 1e2}', {"a": Decimal("1e2")}),
        (b'{"a": -0}', {"a": 0}),
        ('{"a": "₹ क 😀"}'.encode(), {"a": "₹ क 😀"}),
        (rb'{"a": "\ud83d\ude00"}', {"a": "😀"}),
        (rb'{"a": "\u20b9"}', {"a": "₹"}),
        (b'{"a": "[[[[{{{{"}', {"a": "[[[[{{{{"}),
        (b'{"a": {"bC": [{"dE": 1}]}}', {"a": {"b_c": [{"d_e": 1}]}}),
        (b"[" * 32 + b"]" * 32, json.loads("[" * 32 + "]" * 32)),
    ],
)
def test_good_json_is_read_as_it_is_written(body: bytes, document: object) -> None:
    assert parse_strict(body, JSON) == document


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON",
    ],
)
def test_the_same_type_written_differently_is_accepted(content_type: str) -> None:
    assert parse_strict(b"{}", content_type) == {}


def test_a_fraction_never_becomes_a_binary_float() -> None:
    document = parse_strict(b'{"a": 0.1, "b": [0.2, {"c": 1.0}]}', JSON)

    assert isinstance(document["a"], Decimal)
    assert isinstance(document["b"][0], Decimal)
    assert str(document["b"][1]["c"]) == "1.0"


def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = b'"' + b"a" * (64 * 1024 - 2) + b'"'

    assert len(parse_strict(body, JSON)) == 64 * 1024 - 2


def test_a_deeper_limit_can_be_asked_for() -> None:
    body = b"[" * 64 + b"]" * 64

    with pytest.raises(DomainError):
        parse_strict(body, JSON)
    assert parse_strict(body, JSON, max_depth=64) == json.loads(body)


@pytest.mark.parametrize("charset", ["hex", "bz2_codec", "utf-7", "utf-16", "bogus", "rot13"])
def test_the_query_is_read_as_utf_8_whatever_the_body_claims(charset: str) -> None:
    environ = RequestFactory().generic("POST", "/api/list?limit=%41&after=+AHs-").environ
    environ["CONTENT_TYPE"] = f"application/json; charset={charset}"

    response = Handler().get_response(Request(environ))

    assert response.status_code == 415
    assert isinstance(response, HttpResponse)
    assert orjson.loads(response.content)["code"] == "unsupported_media_type"


def test_a_query_without_a_hostile_charset_is_read_by_the_same_handler() -> None:
    environ = RequestFactory().generic("GET", "/api/list?limit=%C3%A9").environ

    assert Request(environ).GET["limit"] == "é"
    assert Handler().get_response(Request(environ)).status_code == 400


def test_nul_in_the_address_is_refused(client: Client) -> None:
    assert client.get("/api/list?limit=%00").status_code == 400
    assert client.get("/api/li%00st").status_code == 400


def test_a_body_without_a_length_is_refused(client: Client) -> None:
    response = client.generic(
        "POST", "/api/echo", b"", content_type=JSON, HTTP_TRANSFER_ENCODING="chunked"
    )

    assert response.status_code == 411
    assert response.json()["code"] == "length_required"


def test_no_body_is_an_empty_object(client: Client) -> None:
    response = client.generic("POST", "/api/echo", b"", content_type=JSON)

    assert response.status_code == 200
    assert response.json() == {"success": True, "apply_discount": "10%", "seenKeys": []}


# Pieces from which a hostile body is easily put together, and a good one by chance.
FRAGMENTS = st.sampled_from(
    [
        *(b"{", b"}", b"[", b"]", b":", b",", b" "),
        *(b'"a"', b'"aB"', b'"a:b"', b'"a_b"', b'"\\u0061"', b'"\\ud83d\\ude00"', b'"\xc3\xa9"'),
        *(b"1", b"1.5", b"-0", b"9223372036854775808", b"1e3", b"true", b"null", b"NaN"),
    ]
)
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,3}([A-Z][a-z]){0,2}", fullmatch=True), inner)
    ),
    max_leaves=10,
)


def verdict(body: bytes, *, carefully: bool) -> object:
    try:
        if carefully:
            return strict_json._read_carefully(body, strict_json.MAX_DEPTH)
        return parse_strict(body, JSON)
    except DomainError as refusal:
        return type(refusal)


@given(st.lists(FRAGMENTS, max_size=12).map(b"".join))
def test_the_quick_and_the_careful_reading_agree(body: bytes) -> None:
    assert verdict(body, carefully=False) == verdict(body, carefully=True)


@given(st.binary(max_size=30))
def test_no_bytes_at_all_make_the_parser_fail_otherwise(body: bytes) -> None:
    assert verdict(body, carefully=False) == verdict(body, carefully=True)


@given(DOCUMENTS)
def test_every_document_survives_the_way_in(document: Any) -> None:
    body = orjson.dumps(document)

    assert verdict(body, carefully=False) == verdict(body, carefully=True)
    assert not isinstance(verdict(body, carefully=False), type)
