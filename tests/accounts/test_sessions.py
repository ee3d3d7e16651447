"""A session is a family of refresh tokens: carried on one at a time, ended for a reason."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from apps.accounts import services, tokens
from apps.accounts.errors import (
    AccountClosed,
    RefreshInvalid,
    RefreshReused,
    UnknownPerson,
    UnknownSession,
)
from apps.accounts.models import AuditEvent, RefreshToken, Session, User
from apps.accounts.services import SignedIn
from apps.notifications.models import InboxMessage
from tests.accounts.signing_in import KEYS, PHONE, refresh, sign_in
from tests.factories import NOON, make_person
from uma.kernel.http.access_tokens import signing_keys, verify

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
GRACE = 10 * SECOND


def said_by(signed: SignedIn, *, at: float = NOON.timestamp()) -> tuple[UUID, str, UUID, int]:
    claims = verify(signed.access, keys=signing_keys(settings.ACCESS_TOKEN_KEYS), now_s=at)
    return claims.user_id, claims.role, claims.session_id, claims.authenticated_at


def reason_of(signed: SignedIn) -> str:
    return Session.objects.get(pk=signed.session_id).revoked_reason


def test_a_sign_in_is_a_session_with_an_access_and_a_refresh_token() -> None:
    person = make_person()

    signed = sign_in(person, role="merchant")

    assert said_by(signed) == (person, "merchant", signed.session_id, int(NOON.timestamp()))
    session = Session.objects.get(pk=signed.session_id)
    assert (session.user_id, session.role, session.label) == (person, "merchant", "Neha's phone")
    assert (session.created_at, session.last_used_at, session.revoked_at) == (NOON, NOON, None)


def test_of_secrets_and_devices_only_digests_are_kept() -> None:
    signed = sign_in(make_person())

    kept = RefreshToken.objects.get(session_id=signed.session_id)
    assert kept.digest == tokens.digest(signed.refresh)
    assert signed.refresh not in str(Session.objects.values())
    assert PHONE not in str(Session.objects.values())
    assert signed.refresh not in repr(signed)
    assert signed.access not in repr(signed)


def test_of_where_somebody_signed_in_the_session_keeps_the_network_and_the_program() -> None:
    near = sign_in(make_person(), address="203.0.113.77", agent="UmaRider/4.2 (Android 15)")
    far = sign_in(make_person(), address="2001:db8:aaaa:bbbb:cccc::1")
    odd = sign_in(make_person(), address="unknown")

    kept = {row.pk: row for row in Session.objects.all()}
    assert kept[near.session_id].address == "203.0.113.0"
    assert kept[near.session_id].agent == "UmaRider"
    assert kept[far.session_id].address == "2001:db8:aaaa::"
    assert kept[odd.session_id].address is None


def test_a_sign_in_stands_in_the_trail_with_its_address() -> None:
    person = make_person()

    signed = sign_in(person, address="203.0.113.77")

    event = AuditEvent.objects.get(action="session.opened")
    assert (event.object_id, event.actor_id) == (str(signed.session_id), person)
    assert event.address == "203.0.113.77"
    assert signed.refresh not in str(event.after)


def test_nobody_unknown_or_gone_signs_in() -> None:
    with pytest.raises(UnknownPerson):
        sign_in(uuid4())
    left, closed = make_person(), make_person()
    User.objects.filter(pk=left).update(is_active=False)
    User.objects.filter(pk=closed).update(status="CLOSED")
    for person in (left, closed):
        with pytest.raises(AccountClosed):
            sign_in(person)

    assert not Session.objects.exists()


def test_a_refresh_gives_a_successor_and_keeps_when_the_person_signed_in() -> None:
    person = make_person()
    first = sign_in(person)
    later = NOON + timedelta(hours=2)

    second = refresh(first, now=later)

    assert second.refresh != first.refresh
    assert second.session_id == first.session_id
    assert said_by(second, at=later.timestamp()) == said_by(first)
    assert Session.objects.get().last_used_at == later
    assert RefreshToken.objects.filter(used_at=None).get().digest == tokens.digest(second.refresh)


def test_a_lost_answer_is_given_again_to_the_same_device() -> None:
    first = sign_in(make_person())
    lost = refresh(first, now=NOON)

    again = refresh(first, now=NOON + GRACE - SECOND)

    assert again.refresh == lost.refresh
    assert refresh(again, now=NOON + 2 * GRACE).refresh not in {lost.refresh, first.refresh}
    assert RefreshToken.objects.count() == 3


def test_a_key_that_was_rotated_in_between_still_finds_the_lost_answer() -> None:
    first = sign_in(make_person())
    lost = refresh(first, now=NOON)

    again = refresh(first, now=NOON + SECOND, keys=[b"a new key" * 4, *KEYS])

    assert again.refresh == lost.refresh


@pytest.mark.parametrize(
    ("later", "device"),
    [(GRACE, PHONE), (SECOND, "another-phone"), (SECOND, ""), (timedelta(days=3), PHONE)],
)
def test_an_old_token_presented_again_ends_the_family(later: timedelta, device: str) -> None:
    person = make_person()
    first = sign_in(person)
    second = refresh(first, now=NOON)

    with pytest.raises(RefreshReused):
        refresh(first, now=NOON + later, device_id=device)

    assert reason_of(first) == "refresh_reused"
    assert AuditEvent.objects.get(action="session.reused").object_id == str(first.session_id)
    assert InboxMessage.objects.get().kind == "security.refresh_reused"
    assert InboxMessage.objects.get().person_id == person
    with pytest.raises(RefreshInvalid):
        refresh(second, now=NOON + later)


def test_an_answer_that_was_used_was_not_lost() -> None:
    first = sign_in(make_person())
    third = refresh(refresh(first, now=NOON), now=NOON + SECOND)

    with pytest.raises(RefreshReused):
        refresh(first, now=NOON + 2 * SECOND)

    with pytest.raises(RefreshInvalid):
        refresh(third, now=NOON + 3 * SECOND)


def test_a_session_without_a_device_has_no_second_answer() -> None:
    first = sign_in(make_person(), device_id="")
    refresh(first, now=NOON, device_id="")

    with pytest.raises(RefreshReused):
        refresh(first, now=NOON + SECOND, device_id="")


@pytest.mark.parametrize(
    "secret",
    ["", "umr_", "umr_" + "A" * 42, "umr_" + "A" * 44, "umr_" + "é" * 43, "UMR_" + "A" * 43,
     "umr_" + "A" * 43, "eyJhbGciOiJub25lIn0.e30.", "umr_" + "A" * 43 + "\n"],
)  # fmt: skip
def test_a_secret_that_is_none_of_ours_is_refused_and_ends_nothing(secret: str) -> None:
    signed = sign_in(make_person())

    with pytest.raises(RefreshInvalid):
        services.refresh(secret=secret, device_id=PHONE, keys=KEYS, now=NOON)

    assert reason_of(signed) == ""


def test_of_somebody_who_is_gone_a_refresh_token_is_refused() -> None:
    for change in ({"is_active": False}, {"status": "CLOSED"}):
        person = make_person()
        signed = sign_in(person)
        User.objects.filter(pk=person).update(**change)
        with pytest.raises(RefreshInvalid):
            refresh(signed, now=NOON)
    person = make_person()
    signed = sign_in(person)
    User.objects.filter(pk=person).delete()

    with pytest.raises(RefreshInvalid):
        refresh(signed, now=NOON)


@pytest.mark.parametrize(
    ("role", "life"),
    [
        ("rider", timedelta(days=30)),
        ("merchant", timedelta(days=7)),
        ("operator", timedelta(hours=8)),
    ],
)
def test_a_session_ends_at_its_time_however_often_it_is_used(role: str, life: timedelta) -> None:
    signed = sign_in(make_person(), role=role)
    now, end = NOON, NOON + life
    while now < end - timedelta(minutes=14):
        now += min(timedelta(minutes=14) if role == "operator" else life / 9, end - now - SECOND)
        signed = refresh(signed, now=now)
    last = refresh(signed, now=end - SECOND)

    assert said_by(last, at=(end - SECOND).timestamp())
    with pytest.raises(Exception, match="expired"):
        said_by(last, at=end.timestamp())
    with pytest.raises(RefreshInvalid):
        refresh(last, now=end)


def test_an_operators_session_ends_after_a_quarter_of_an_hour_of_idleness() -> None:
    quarter = timedelta(minutes=15)
    first = sign_in(make_person(), role="operator")
    second = refresh(first, now=NOON + quarter - SECOND)

    with pytest.raises(RefreshInvalid):
        refresh(second, now=NOON + 2 * quarter - SECOND)


def test_a_device_has_one_session_of_a_role() -> None:
    person = make_person()
    first = sign_in(person)
    other_role = sign_in(person, role="merchant")
    other_phone = sign_in(person, device_id="tablet")

    second = sign_in(person)

    assert reason_of(first) == "signed_in_again"
    assert {reason_of(live) for live in (second, other_role, other_phone)} == {""}


def test_the_eleventh_device_takes_the_place_of_the_longest_unused() -> None:
    person = make_person()
    signed = [
        sign_in(person, device_id=f"phone {number}", now=NOON + number * SECOND)
        for number in range(10)
    ]
    refresh(signed[0], now=NOON + 20 * SECOND, device_id="phone 0")

    sign_in(person, device_id="phone 10", now=NOON + 30 * SECOND)

    assert [reason_of(one) for one in signed] == ["", "too_many", *[""] * 8]


def test_a_session_is_ended_by_its_own_person_only_and_once() -> None:
    owner, stranger = make_person(), make_person()
    signed = sign_in(owner)

    def end(person: UUID) -> bool:
        return services.revoke_session(
            session_id=signed.session_id,
            user_id=person,
            reason="signed_out",
            actor_id=person,
            now=NOON,
        )

    with pytest.raises(UnknownSession):
        end(stranger)
    assert end(owner)
    assert not end(owner)
    assert AuditEvent.objects.filter(action="session.revoked").count() == 1
    with pytest.raises(RefreshInvalid):
        refresh(signed, now=NOON)


def test_all_sessions_of_a_person_end_at_once_and_nobody_elses() -> None:
    person = make_person()
    mine = [sign_in(person, device_id=f"phone {number}") for number in range(3)]
    shop = sign_in(person, role="merchant")
    theirs = sign_in(make_person())

    def end_all(role: str | None = None) -> int:
        return services.revoke_sessions_of(
            user_id=person, reason="signed_out_everywhere", actor_id=person, now=NOON, role=role
        )

    assert end_all("rider") == 3
    assert reason_of(shop) == ""
    assert end_all() == 1
    assert {reason_of(one) for one in (*mine, shop)} == {"signed_out_everywhere"}
    assert reason_of(theirs) == ""


def test_the_log_tells_who_signed_in_and_out_and_never_by_what(
    caplog: pytest.LogCaptureFixture,
) -> None:
    person = make_person()
    with caplog.at_level("INFO", logger="apps.accounts"):
        signed = sign_in(person)
        services.sign_out(session_id=signed.session_id, user_id=person, now=NOON)

    told = [
        (line.getMessage(), vars(line)["sid"], vars(line)["user_id"]) for line in caplog.records
    ]
    assert told == [
        ("a session was opened", signed.session_id, person),
        ("a session was ended", signed.session_id, person),
    ]
    everything = str([vars(line) for line in caplog.records])
    assert signed.access not in everything
    assert signed.refresh not in everything
    assert PHONE not in everything
