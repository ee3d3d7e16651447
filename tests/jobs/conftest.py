"""A pretended Razorpay: several jobs ask it."""

from tests.payments.conftest import cloud, razorpay_process

__all__ = ["cloud", "razorpay_process"]
