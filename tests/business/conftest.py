"""A pretended Razorpay for the pages that add money."""

from tests.payments.conftest import account, cloud, razorpay_process

__all__ = ["account", "cloud", "razorpay_process"]
