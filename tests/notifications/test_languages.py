"""A message is written in the language of whoever is told, whoever writes it (decisions/0071)."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import translation

from apps.accounts.services import keep_language
from apps.handshake import services as handshakes
from apps.notifications import services
from apps.notifications.models import InboxMessage
from tests.factories import NOON, make_rider, make_shop
from tests.gamification.missing import HOUR, make_misser, remind
from tests.handshake.visiting import visit
from tests.notifications.making import make_person

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
SAYING = {"gettext", "ngettext", "_"}


def test_what_a_worker_writes_is_in_the_riders_language_and_amounts_are_indias() -> None:
    handshake = visit(make_shop("Corner"))
    keep_language(person_id=handshake.rider_id, language="kn", is_chosen=True)

    handshakes.announce(handshake_id=handshake.pk, now=NOON + timedelta(seconds=1))

    message = InboxMessage.objects.get()
    assert message.title == "₹150 ನಿಮ್ಮ ವಾಲೆಟ್‌ಗೆ ಸೇರಿದೆ"
    assert message.body == "Corner ಗೆ ನಿಮ್ಮ ಭೇಟಿ ದೃಢಪಟ್ಟಿದೆ."


def test_a_date_in_a_message_has_the_month_of_its_language() -> None:
    misser = make_misser(make_rider())
    keep_language(person_id=misser.rider.pk, language="hi", is_chosen=True)
    booking = misser.book()

    remind(booking.expires_at - HOUR)

    assert "मार्च" in InboxMessage.objects.get().body


def test_the_language_of_whoever_causes_a_message_is_not_that_of_its_reader() -> None:
    person = make_person()

    with translation.override("kn"):
        services.security_notice(person_id=person, event="new_device", event_id="1", now=NOON)

    assert InboxMessage.objects.get().title == "Signed in on another phone"


def test_every_sentence_that_is_made_for_a_message_goes_through_the_catalogues() -> None:
    plain = [
        f"{path.relative_to(ROOT)}:{text.lineno}: {text.value!r}"
        for path in sorted((ROOT / "apps").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for named in call.keywords
        if named.arg == "say"
        for text in _untranslated(named.value)
    ]

    assert plain == []


def _untranslated(said: ast.expr) -> list[ast.Constant]:
    """Return what stands in an answer of two sentences as it is, but for what fills their blanks."""
    if isinstance(said, ast.Call) and getattr(said.func, "id", "") in SAYING:
        return []
    if isinstance(said, ast.BinOp) and isinstance(said.op, ast.Mod):
        return _untranslated(said.left)
    if isinstance(said, ast.Constant):
        return [said] if isinstance(said.value, str) and said.value.strip() else []
    parts = [part for part in ast.iter_child_nodes(said) if isinstance(part, ast.expr)]
    return [text for part in parts for text in _untranslated(part)]
