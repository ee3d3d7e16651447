"""The handshake over HTTP."""

from apps.handshake.views.checking_in import CardView, CheckInView
from apps.handshake.views.scans import (
    DisputeView,
    ExecuteView,
    HandshakeView,
    PreviewView,
    ReverseView,
    TransactionsView,
)

__all__ = [
    "CardView",
    "CheckInView",
    "DisputeView",
    "ExecuteView",
    "HandshakeView",
    "PreviewView",
    "ReverseView",
    "TransactionsView",
]
