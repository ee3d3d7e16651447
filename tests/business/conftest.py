"""A pretended Razorpay for the pages that add money, and a Valkey of a test's own."""

from tests.kernel.conftest import valkey
from tests.payments.conftest import account, cloud, razorpay_process

__all__ = ["account", "cloud", "razorpay_process", "valkey"]
