"""In which language a person is written to: chosen on a page, told by an app, or that of the browser."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import personal_data
from apps.accounts import selectors as accounts
from apps.accounts.models import Session, User
from tests.accounts.test_browser_sessions import Browser, age
from tests.business.browsing import signed_in
from tests.factories import make_shop
from tests.notifications.clouds import SandboxProcess

pytestmark = pytest.mark.django_db


def test_a_choice_on_a_page_is_kept_for_messages() -> None:
    shop = make_shop()

    signed_in(shop.owner_id).post("/business/language", {"language": "kn", "back": "more"})

    assert accounts.language_of(user_id=shop.owner_id) == "kn"


def test_signing_in_keeps_the_browsers_language_unless_one_was_chosen(
    sandbox: SandboxProcess, phone: str
) -> None:
    browser = Browser()

    browser.post(
        "/business/session",
        {"idToken": sandbox.sign_in(phone)["idToken"]},
        **{"Accept-Language": "hi-IN,hi;q=0.9"},
    )
    person = User.objects.get(phone_index__isnull=False)
    met = person.language
    browser.post(
        "/business/session",
        {"idToken": sandbox.sign_in(phone)["idToken"]},
        **{"Accept-Language": "kn"},
    )

    person.refresh_from_db()
    assert (met, person.language) == ("hi", "hi")


def test_whoever_signed_in_before_languages_were_kept_is_met_when_the_session_goes_on(
    sandbox: SandboxProcess, phone: str
) -> None:
    browser = Browser()
    browser.sign_in(sandbox, phone)
    person_id = Session.objects.get().user_id
    User.objects.update(language="")
    age(browser, minutes=30)

    browser.client.get("/business/more", headers={"Accept-Language": "kn"})

    assert accounts.language_of(user_id=person_id) == "kn"


def test_an_app_tells_its_language_with_its_address(client: Client) -> None:
    shop = make_shop()
    headers = {
        "Authorization": f"Bearer {signed_in(shop.owner_id).cookies['uma_merchant_access'].value}"
    }

    said = client.post(
        "/api/user/devices",
        {"platform": "android", "fid": "f-1", "language": "kn"},
        content_type="application/json",
        headers=headers,
    )

    assert said.status_code == 201
    assert accounts.language_of(user_id=shop.owner_id) == "kn"
    assert personal_data.export(person_id=shop.owner_id)["language"] == "kn"
    personal_data.erase(person_id=shop.owner_id, now=timezone.now())
    assert User.objects.get(pk=shop.owner_id).language == ""
