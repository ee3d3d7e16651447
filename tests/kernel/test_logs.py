import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel import context, logs
from uma.kernel.logs import REDACTED, JsonFormatter, ReadableFormatter

PHONE = "+919876543210"
NAME = "Ananya Rao"
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ"
SECRETS = {
    "a phone": PHONE,
    "a phone in pieces": "98765 43210",
    "a name": NAME,
    "an access token": JWT,
    "a refresh token": "Zk3vQ8xN1pLw7RtY2uHs9BdGc5JmXaEfKoTi4WzVr60",
    "an API key": "uma_live_4f1c2b7d9e8a",
    "a QR code": "UMA1.A1.0123456789ABC.ABCDEF.0123456789ABCDEF",
    "an e-mail address": "ananya@example.org",
}
CANARIES = pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))


class Tape:
    """What a logger wrote through a formatter."""

    def __init__(self, formatter: logging.Formatter, name: str) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(formatter)
        self.logger = logging.Logger(name)  # noqa: LOG001 — of this test alone
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.text.splitlines()
        parsed: dict[str, Any] = json.loads(line)
        return parsed


@pytest.fixture
def tape() -> Tape:
    return Tape(JsonFormatter(), "apps.somewhere")


@pytest.fixture(autouse=True)
def nobody_asked() -> Iterator[None]:
    context.end()
    yield
    context.end()


def test_a_line_is_one_json_object_that_says_when_who_and_what(tape: Tape) -> None:
    sid = uuid4()
    context.begin(context.Origin("request-0001"))

    tape.logger.warning("signed in", extra={"sid": sid, "role": "rider", "count": 3})

    line = tape.line
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "apps.somewhere",
        "event": "signed in",
        "request_id": "request-0001",
        "sid": str(sid),
        "role": "rider",
        "count": 3,
    }


@CANARIES
def test_a_key_that_is_not_listed_is_named_and_not_shown(tape: Tape, secret: str) -> None:
    tape.logger.error("odd", extra={"phone": secret, "body": {"a": secret}})

    assert secret not in tape.text
    assert tape.line[REDACTED] == ["body", "phone"]


@CANARIES
def test_a_text_that_nobody_vouched_for_is_not_shown(tape: Tape, secret: str) -> None:
    tape.logger.error("no such person: %s (%d of %s)", secret, 3, Exception)
    tape.logger.error("by name: %(who)s", {"who": secret})
    tape.logger.error("an object: %r", {"who": secret})

    assert secret not in tape.text
    first, *_ = map(json.loads, tape.text.splitlines())
    assert first["event"] == f"no such person: {REDACTED} (3 of Exception)"


@CANARIES
def test_without_the_redaction_the_same_lines_would_tell(secret: str) -> None:
    """The control: the canaries do reach a formatter that lets them."""
    tape = Tape(logging.Formatter("%(message)s %(phone)s"), "apps.somewhere")

    tape.logger.error("no such person: %s", secret, extra={"phone": secret})

    assert tape.text.count(secret) == 2


@pytest.mark.parametrize("kind", [kind for kind in SECRETS if kind != "a name"])
def test_what_looks_like_a_secret_is_not_shown_even_in_a_finished_text(
    tape: Tape, kind: str
) -> None:
    secret = SECRETS[kind]

    tape.logger.error(f"calling with {secret} failed")  # noqa: G004 — as libraries do
    tape.logger.error("listed key", extra={"cause": f"it was {secret}"})

    assert secret not in tape.text
    assert tape.text.count(REDACTED) == 2


@pytest.mark.parametrize(
    "harmless",
    [
        "uma.notifications.push_message",
        "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
        "6f1d0c3ba2e94d5c8b7a6f5e4d3c2b1a",
        "took 12345 ms on 10.0.0.1:6379",
        "2026-11-25T14:20:00.123+00:00",
    ],
)
def test_what_is_ours_and_harmless_stays_readable(tape: Tape, harmless: str) -> None:
    tape.logger.error("listed key", extra={"cause": harmless})

    assert tape.line["cause"] == harmless


@CANARIES
def test_an_exception_is_told_by_types_and_places_without_values(tape: Tape, secret: str) -> None:
    try:
        local = secret
        try:
            nobody: dict[str, str] = {}
            nobody[local]
        except KeyError as missing:
            raise ValueError(f"not acceptable: {local}") from missing
    except ValueError:
        tape.logger.exception("a request failed")

    assert secret not in tape.text
    outer, cause = tape.line["exceptions"]
    assert (outer["type"], cause["type"]) == ("ValueError", "KeyError")
    assert outer["frames"][-1].endswith(
        "test_an_exception_is_told_by_types_and_places_without_values"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO auth_group (id, name) VALUES (1, %s), (2, %s)",
        "SELECT %s::text::uuid, %s",
        "SELECT %s::text::int, %s",
    ],
)
@CANARIES
def test_what_postgresql_repeats_of_a_row_is_not_shown(tape: Tape, sql: str, secret: str) -> None:
    said = ""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SAVEPOINT before")
            cursor.execute(sql, [secret, secret])
        except DatabaseError as refused:
            said = str(refused)
            tape.logger.exception("refused")
            cursor.execute("ROLLBACK TO SAVEPOINT before")

    # The control: PostgreSQL's own words have it.
    assert secret in said
    assert secret not in tape.text
    (state,) = {found["sqlstate"] for found in tape.line["exceptions"] if "sqlstate" in found}
    assert state in {"23505", "22P02", "22003"}
    if state == "23505":
        assert "auth_group_name_" in tape.text


def test_what_failed_in_code_keeps_its_words(tape: Tape) -> None:
    try:
        None.missing  # type: ignore[attr-defined]  # noqa: B018 — that is the bug
    except AttributeError:
        tape.logger.exception("a bug")

    assert tape.line["exceptions"][0]["detail"] == "'NoneType' object has no attribute 'missing'"


def test_celerys_own_lines_keep_a_tasks_name_and_lose_what_it_was_given() -> None:
    tape = Tape(JsonFormatter(), "celery.app.trace")

    tape.logger.info(
        "Task %(name)s[%(id)s] succeeded in %(runtime)ss: %(return_value)s %(args)s",
        {
            "name": "apps.handshake.tasks.announce",
            "id": "6f1d0c3b",
            "runtime": 0.25,
            "return_value": NAME,
            "args": [PHONE],
        },
    )

    assert tape.line["event"] == (
        "Task apps.handshake.tasks.announce[6f1d0c3b] succeeded in 0.25s: [redacted] [redacted]"
    )


FORGERIES = [
    'x\n{"event": "forged"}',
    "x\r\nforged",
    "x\x1b[2J\x1b[31mred",
    "x\x9b31mred",
    "x\u2028forged",
    "x\u202eforged",
    "x\x00y",
    'x"}, {"event": "forged',
]


@pytest.mark.parametrize("text", FORGERIES)
@pytest.mark.parametrize("formatter", [JsonFormatter(), ReadableFormatter()])
def test_no_text_forges_a_line_or_reaches_the_terminal(
    formatter: logging.Formatter, text: str
) -> None:
    tape = Tape(formatter, "apps.somewhere")

    tape.logger.error(text, extra={"cause": text})

    assert len(tape.text.splitlines()) == 1
    assert not logs._CONTROLS.search(tape.text.removesuffix("\n"))


@given(st.text(), st.text(), st.integers())
def test_any_text_is_one_line_of_json(event: str, cause: str, number: int) -> None:
    tape = Tape(JsonFormatter(), "apps.somewhere")

    tape.logger.error(event, extra={"cause": cause, "count": number})

    assert set(tape.line) >= {"event", "cause", "count"}


@given(st.text(max_size=50_000))
def test_no_text_keeps_the_scrubbing_busy(text: str) -> None:
    assert len(logs.scrubbed(text)) <= logs.LONGEST * 6


def test_the_readable_form_is_for_people(tape: Tape) -> None:
    del tape
    readable = Tape(ReadableFormatter(), "apps.somewhere")
    context.begin(context.Origin("request-0001"))

    readable.logger.error("no such row: %s", "x", extra={"count": 3})

    assert readable.text.endswith("ERROR apps.somewhere [request-0001] no such row: x count=3\n")


def test_a_listed_key_is_never_a_persons() -> None:
    assert not logs.KEYS & {"phone", "name", "email", "token", "body", "address", "password"}
