"""Writes about campaigns: their terms, their states, and the seats that bookings take."""

from apps.campaigns.services.selling import Offer, give_back, record_visit, take

__all__ = ["Offer", "give_back", "record_visit", "take"]
