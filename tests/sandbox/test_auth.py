"""The pretended Firebase Auth: codes, ID tokens, certificates and accounts as the real one has them."""

import stat
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.x509 import load_pem_x509_certificate

from apps.sandbox.account import PROJECT
from apps.sandbox.identity import CERTIFICATES
from tests.notifications.clouds import TEST_CODE, SandboxProcess

_numbers = count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("firebase"))
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def fresh(sandbox: SandboxProcess) -> None:
    sandbox.order("reset")


@pytest.fixture
def phone() -> str:
    """A number that nobody has used in this sandbox."""
    return f"+9190000{next(_numbers):05}"


def _error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["message"]


def _certificates(sandbox: SandboxProcess) -> requests.Response:
    return requests.get(f"{sandbox.url}{CERTIFICATES}", timeout=5)


def _claims(sandbox: SandboxProcess, token: str) -> dict[str, Any]:  # Any: JSON
    """Verify an ID token as any server would and return what it says."""
    pem = _certificates(sandbox).json()[jwt.get_unverified_header(token)["kid"]]
    key: Any = load_pem_x509_certificate(pem.encode()).public_key()  # Any: of many kinds
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=PROJECT)
    return claims


def test_a_code_by_sms_buys_a_genuine_id_token(sandbox: SandboxProcess, phone: str) -> None:
    before = int(time.time())

    signed = sandbox.sign_in(phone)

    claims = _claims(sandbox, signed["idToken"])
    assert (signed["phoneNumber"], signed["isNewUser"]) == (phone, True)
    assert claims["iss"] == f"https://securetoken.google.com/{PROJECT}"
    assert claims["sub"] == claims["user_id"] == signed["localId"]
    assert claims["phone_number"] == phone
    assert claims["firebase"] == {"identities": {"phone": [phone]}, "sign_in_provider": "phone"}
    assert before <= claims["auth_time"] == claims["iat"]
    assert claims["exp"] - claims["iat"] == 3600
    assert set(jwt.get_unverified_header(signed["idToken"])) == {"alg", "kid", "typ"}


def test_the_same_number_is_the_same_account(sandbox: SandboxProcess, phone: str) -> None:
    first, second = sandbox.sign_in(phone), sandbox.sign_in(phone)

    assert first["localId"] == second["localId"]
    assert second["isNewUser"] is False
    assert first["idToken"] != second["idToken"], "two of one second would be one token"


def test_a_code_is_good_once_and_only_for_its_session(sandbox: SandboxProcess, phone: str) -> None:
    session = sandbox.send_code(phone)
    other = sandbox.send_code(f"+9170000{next(_numbers):05}")
    code = sandbox.code_for(phone)

    assert len(code) == 6
    assert code.isdigit()
    assert _error(sandbox.redeem(other, _wrong(sandbox.sms[0]["code"])))[1] == "INVALID_CODE"
    assert sandbox.redeem(session, code).status_code == 200
    assert _error(sandbox.redeem(session, code)) == (400, "INVALID_SESSION_INFO")


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_after_five_wrong_codes_the_right_one_is_too_late(
    sandbox: SandboxProcess, phone: str
) -> None:
    session = sandbox.send_code(phone)
    code = sandbox.code_for(phone)

    wrong = [_error(sandbox.redeem(session, _wrong(code))) for _ in range(5)]

    assert wrong == [(400, "INVALID_CODE")] * 5
    assert _error(sandbox.redeem(session, code)) == (400, "TOO_MANY_ATTEMPTS_TRY_LATER")


def test_a_code_lives_five_minutes(sandbox: SandboxProcess, phone: str) -> None:
    session = sandbox.send_code(phone)
    sandbox.order("auth/age", {"seconds": 301})

    assert _error(sandbox.redeem(session, sandbox.code_for(phone))) == (400, "SESSION_EXPIRED")


def test_a_number_gets_five_codes_in_ten_minutes(sandbox: SandboxProcess, phone: str) -> None:
    for _ in range(5):
        sandbox.send_code(phone)

    refused = sandbox.ask_code(phone)

    assert _error(refused) == (400, "TOO_MANY_ATTEMPTS_TRY_LATER")
    assert len(sandbox.sms) == 5
    sandbox.order("auth/age", {"seconds": 601})
    assert sandbox.ask_code(phone).status_code == 200


def test_a_test_number_has_a_fixed_code_and_gets_no_message(sandbox: SandboxProcess) -> None:
    signed = [sandbox.sign_in("+12025550107")["localId"] for _ in range(6)]

    assert len(set(signed)) == 1
    assert sandbox.sms == []


def test_a_test_code_opens_no_other_number(sandbox: SandboxProcess, phone: str) -> None:
    session = sandbox.send_code(phone)
    code = sandbox.code_for(phone)

    tried = TEST_CODE if code != TEST_CODE else "654321"

    assert _error(sandbox.redeem(session, tried)) == (400, "INVALID_CODE")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("accounts:sendVerificationCode", {}, "MISSING_PHONE_NUMBER"),
        (
            "accounts:sendVerificationCode",
            {"phoneNumber": "9000000001"},
            "INVALID_PHONE_NUMBER : Invalid format.",
        ),
        (
            "accounts:sendVerificationCode",
            {"phoneNumber": 919000000001},
            "INVALID_PHONE_NUMBER : Invalid format.",
        ),
        ("accounts:signInWithPhoneNumber", {"code": "1"}, "MISSING_SESSION_INFO"),
        ("accounts:signInWithPhoneNumber", {"sessionInfo": "x"}, "MISSING_CODE"),
        (
            "accounts:signInWithPhoneNumber",
            {"sessionInfo": "x", "code": "1"},
            "INVALID_SESSION_INFO",
        ),
        ("token", {"grant_type": "password"}, "INVALID_GRANT_TYPE"),
        ("token", {"grant_type": "refresh_token"}, "MISSING_REFRESH_TOKEN"),
        ("token", {"grant_type": "refresh_token", "refresh_token": "x"}, "INVALID_REFRESH_TOKEN"),
    ],
)
def test_a_wrong_call_is_answered_with_firebases_own_code(
    sandbox: SandboxProcess, path: str, body: dict[str, object], code: str
) -> None:
    assert _error(sandbox.call(f"/v1/{path}", body)) == (400, code)


def test_a_call_without_an_api_key_is_nobodys(sandbox: SandboxProcess, phone: str) -> None:
    answer = sandbox.call("/v1/accounts:sendVerificationCode", {"phoneNumber": phone}, key="")

    assert answer.status_code == 403
    assert sandbox.sms == []


def passed(sandbox: SandboxProcess) -> dict[str, str]:
    """Return what a browser shows that has passed reCAPTCHA, asked for as the widget's frame does."""
    params = requests.get(f"{sandbox.url}/v1/recaptchaParams", params={"key": "any"}, timeout=5)
    body = {"k": params.json()["recaptchaSiteKey"]}
    answer = requests.post(f"{sandbox.url}/recaptcha/api2/userverify", json=body, timeout=5)
    return {"recaptchaToken": answer.json()["token"]}


def _send(sandbox: SandboxProcess, phone: str, shown: dict[str, str]) -> requests.Response:
    return sandbox.call("/v1/accounts:sendVerificationCode", {"phoneNumber": phone, **shown})


def test_a_browser_that_passed_is_sent_one_code_within_two_minutes(
    sandbox: SandboxProcess, phone: str
) -> None:
    first, late = passed(sandbox), passed(sandbox)

    assert _send(sandbox, phone, first).status_code == 200
    assert "CAPTCHA_CHECK_FAILED" in _error(_send(sandbox, phone, first))[1]
    sandbox.order("auth/age", {"seconds": 121})
    assert "CAPTCHA_CHECK_FAILED" in _error(_send(sandbox, phone, late))[1]
    assert len(sandbox.sms) == 1


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ({}, "MISSING_CLIENT_IDENTIFIER"),
        ({"recaptchaToken": ""}, "MISSING_CLIENT_IDENTIFIER"),
        ({"recaptchaToken": "made-up"}, "CAPTCHA_CHECK_FAILED"),
        ({"playIntegrityToken": "made-up"}, "INVALID_APP_CREDENTIAL"),
    ],
)
def test_nobody_is_sent_a_code_without_a_proof(
    sandbox: SandboxProcess, phone: str, shown: dict[str, str], code: str
) -> None:
    status, said = _error(_send(sandbox, phone, shown))

    assert (status, said.split(" ")[0]) == (400, code)
    assert sandbox.sms == []


def test_a_phones_word_counts_once_and_is_no_browsers(sandbox: SandboxProcess, phone: str) -> None:
    token = sandbox.ask("auth/vouch")["playIntegrityToken"]

    assert _send(sandbox, phone, {"recaptchaToken": token}).status_code == 400
    assert _send(sandbox, phone, {"playIntegrityToken": token}).status_code == 200
    assert _send(sandbox, phone, {"playIntegrityToken": token}).status_code == 400


def test_a_test_number_needs_no_proof(sandbox: SandboxProcess) -> None:
    assert _send(sandbox, "+12025550107", {}).status_code == 200


def test_a_page_of_another_origin_is_told_the_site_key_and_a_wrong_one_gives_no_token(
    sandbox: SandboxProcess,
) -> None:
    url = f"{sandbox.url}/v1/recaptchaParams"

    assert requests.get(url, timeout=5).status_code == 403
    told = requests.get(url, params={"key": "any"}, timeout=5)
    assert told.headers["Access-Control-Allow-Origin"] == "*"
    verify = f"{sandbox.url}/recaptcha/api2/userverify"
    assert requests.post(verify, json={"k": "another"}, timeout=5).status_code == 400


def test_a_refresh_token_buys_a_new_token_of_the_old_sign_in(
    sandbox: SandboxProcess, phone: str
) -> None:
    signed = sandbox.sign_in(phone)
    form = {"grant_type": "refresh_token", "refresh_token": signed["refreshToken"]}

    answer = requests.post(f"{sandbox.url}/v1/token?key=any", data=form, timeout=5)

    claims = _claims(sandbox, answer.json()["id_token"])
    assert claims["sub"] == answer.json()["user_id"] == signed["localId"]
    assert claims["auth_time"] == _claims(sandbox, signed["idToken"])["auth_time"]


def test_a_signed_in_person_proves_another_number_and_keeps_the_account(
    sandbox: SandboxProcess, phone: str
) -> None:
    signed = sandbox.sign_in(phone)
    taken = f"+9180000{next(_numbers):05}"
    free = f"+9180000{next(_numbers):05}"
    sandbox.sign_in(taken)

    changed = sandbox.sign_in(free, idToken=signed["idToken"])
    session = sandbox.send_code(taken)
    refused = sandbox.redeem(session, sandbox.code_for(taken), idToken=signed["idToken"])

    assert changed["localId"] == signed["localId"]
    assert _claims(sandbox, changed["idToken"])["phone_number"] == free
    assert _error(refused) == (400, "PHONE_NUMBER_EXISTS")


def test_certificates_may_be_kept_and_an_old_one_outlives_a_rotation(
    sandbox: SandboxProcess, phone: str
) -> None:
    before = _certificates(sandbox)
    old = sandbox.sign_in(phone)["idToken"]

    sandbox.order("auth/rotate")
    new = sandbox.sign_in(phone)["idToken"]

    assert "max-age=600" in before.headers["Cache-Control"]
    assert _claims(sandbox, old)["sub"] == _claims(sandbox, new)["sub"]
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    sandbox.order("auth/rotate", {"forget": True})
    assert len(_certificates(sandbox).json()) == 1


def test_accounts_outlive_a_restart_and_are_for_their_owners_eyes(
    tmp_path: Path, phone: str
) -> None:
    first = SandboxProcess(tmp_path)
    before = first.sign_in(phone)
    first.stop()

    second = SandboxProcess(tmp_path, port=first.port)

    after = second.sign_in(phone)
    form = {"grant_type": "refresh_token", "refresh_token": before["refreshToken"]}
    refreshed = second.call("/v1/token", form)
    second.stop()
    assert (after["localId"], after["isNewUser"]) == (before["localId"], False)
    assert refreshed.status_code == 200
    assert stat.S_IMODE(second.accounts.stat().st_mode) == 0o600


@pytest.mark.parametrize("action", ["lookup", "update", "delete"])
def test_accounts_are_shown_and_changed_to_the_projects_server_alone(
    sandbox: SandboxProcess, phone: str, action: str
) -> None:
    uid = sandbox.sign_in(phone)["localId"]

    answer = sandbox.call(f"/v1/projects/{PROJECT}/accounts:{action}", {"localId": uid})

    assert answer.status_code == 401
    assert sandbox.sign_in(phone)["localId"] == uid


def test_the_pretended_phone_shows_messages_newest_first(
    sandbox: SandboxProcess, phone: str
) -> None:
    for _ in range(2):
        sandbox.send_code(phone)

    page = requests.get(f"{sandbox.url}/", timeout=5)
    shown = requests.get(f"{sandbox.url}/_control/phone", timeout=5).json()

    assert page.headers["Content-Type"].startswith("text/html")
    assert "The pretended phone" in page.text
    assert "http" not in page.text, "the page needs no other server"
    assert [sms["phone"] for sms in shown["sms"]] == [phone, phone]
    assert shown["sms"][0]["at"] >= shown["sms"][1]["at"]
    assert shown["testNumbers"] == {"prefix": "+120255501", "code": "123456"}
