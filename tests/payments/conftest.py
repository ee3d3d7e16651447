"""A pretended Razorpay for the payments tests, and the settings that name it."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from apps.payments.gateway import Gateway, gateway
from apps.sandbox.razorpay.payouts import ACCOUNT_NUMBER
from tests.payments.unlimited import lift_limits, restore_limits
from tests.sandbox.pretended_razorpay import (
    KEY_ID,
    KEY_SECRET,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_X,
    RazorpayProcess,
)


@pytest.fixture(scope="session")
def razorpay_process() -> Iterator[RazorpayProcess]:
    process = RazorpayProcess()
    yield process
    process.stop()


@pytest.fixture
def cloud(razorpay_process: RazorpayProcess, settings: Settings) -> RazorpayProcess:
    """A fresh account at the pretended Razorpay, which the settings name."""
    razorpay_process.order("reset")
    settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET = KEY_ID, KEY_SECRET
    settings.RAZORPAY_URL = razorpay_process.url
    settings.RAZORPAY_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    settings.RAZORPAYX_WEBHOOK_SECRETS = [WEBHOOK_SECRET_X]
    settings.RAZORPAYX_ACCOUNT_NUMBER = ACCOUNT_NUMBER
    return razorpay_process


@pytest.fixture
def account(cloud: RazorpayProcess) -> Gateway:
    assert cloud.url
    return gateway()


@pytest.fixture
def wide_limits() -> Iterator[None]:
    """Limits so wide that the test may pay out as often as it likes."""
    lift_limits()
    yield
    restore_limits()
