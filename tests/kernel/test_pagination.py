import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.urls import NUMBERS
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.pagination import seal, unseal

pytestmark = pytest.mark.urls("tests.kernel.urls")
LINK = re.compile(r'<([^>]+)>; rel="next"')


@pytest.fixture(autouse=True)
def numbers() -> Iterator[list[int]]:
    NUMBERS[:] = range(10, 110, 10)
    yield NUMBERS
    NUMBERS.clear()


def follow(client: Client, url: str) -> tuple[list[int], str | None]:
    response = client.get(url)
    assert response.status_code == 200
    found = LINK.fullmatch(response.headers.get("Link", ""))
    return [row["rowNumber"] for row in response.json()], found[1] if found else None


def everything(client: Client, url: str | None) -> list[int]:
    rows: list[int] = []
    while url is not None:
        page, url = follow(client, url)
        rows += page
    return rows


def test_the_links_lead_through_every_row_once(client: Client) -> None:
    assert everything(client, "/api/list") == list(range(10, 110, 10))
    assert everything(client, "/api/list?limit=1") == list(range(10, 110, 10))
    assert everything(client, "/api/list?limit=100") == list(range(10, 110, 10))


def test_a_page_is_a_bare_array_and_the_last_has_no_link(client: Client) -> None:
    first, link = follow(client, "/api/list?limit=4")
    last, none = follow(client, "/api/list?limit=10")

    assert first == [10, 20, 30, 40]
    assert link is not None
    assert len(last) == 10
    assert none is None


def test_the_link_keeps_the_rest_of_the_query(client: Client) -> None:
    _, link = follow(
        client, "/api/list?limit=2&sort=near&category=caf%C3%A9%20%26%20bar&tag=a&tag=b"
    )

    assert link is not None
    query = parse_qs(urlsplit(link).query)
    assert query["limit"] == ["2"]
    assert query["category"] == ["café & bar"]
    assert query["tag"] == ["a", "b"]
    _, second = follow(client, link)
    assert second is not None
    assert len(parse_qs(urlsplit(second).query)["after"]) == 1


@given(st.lists(st.integers(0, 200), max_size=6), st.integers(1, 5), st.integers(0, 1))
def test_rows_inserted_while_reading_neither_repeat_nor_hide_a_row(
    client: Client, inserted: list[int], limit: int, salt: int
) -> None:
    NUMBERS[:] = range(10, 110, 10)
    rows: list[int] = []
    url: str | None = f"/api/list?limit={limit}"
    while url is not None:
        page, url = follow(client, url)
        rows += page
        if inserted and (len(rows) + salt) % 2:
            number = inserted.pop()
            if number not in NUMBERS:
                NUMBERS.append(number)

    assert len(rows) == len(set(rows))
    assert rows == sorted(rows)
    assert set(range(10, 110, 10)) <= set(rows)


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "1.5", "x", "", "१", "1e1", " 5", "+5", "9" * 30]
)
def test_a_limit_that_is_none_is_refused(client: Client, limit: str) -> None:
    response = client.get("/api/list", {"limit": limit})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "=", "é", "A" * 600, "....", "MzA", "%"])
def test_a_cursor_that_is_none_of_ours_is_refused(client: Client, cursor: str) -> None:
    response = client.get("/api/list", {"after": cursor})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_one_list_opens_no_other(client: Client) -> None:
    _, link = follow(client, "/api/list")
    assert link is not None

    moved = client.get(link.replace("/api/list", "/api/other-list"))

    assert moved.status_code == 400


@given(st.text(max_size=40).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_every_position_returns_from_its_cursor(position: str) -> None:
    assert unseal("/api/x", seal("/api/x", position)) == position


@given(st.integers(0, 10_000), st.integers(0, 127))
def test_every_single_bit_counts(place: int, flip: int) -> None:
    cursor = bytearray(seal("/api/x", "2026-11-23T00:00:00Z|42").encode())
    before = bytes(cursor)
    cursor[place % len(cursor)] ^= flip

    if bytes(cursor) != before:
        with pytest.raises(InvalidCursor):
            unseal("/api/x", cursor.decode("latin-1"))
