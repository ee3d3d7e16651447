"""Writes about campaigns: their terms, their states, and the seats that bookings take."""

from apps.campaigns.services.authoring import change, clone, create
from apps.campaigns.services.boosts import Boosted, boost, settle_boosts, stop_boost
from apps.campaigns.services.clock import Ticked, campaign_clock
from apps.campaigns.services.fees import set_fees
from apps.campaigns.services.selling import Offer, give_back, record_visit, take
from apps.campaigns.services.states import (
    approve,
    end,
    lift,
    pause,
    reject,
    resume,
    submit,
    suspend,
)
from apps.campaigns.terms import Terms

__all__ = [
    "Boosted",
    "Offer",
    "Terms",
    "Ticked",
    "approve",
    "boost",
    "campaign_clock",
    "change",
    "clone",
    "create",
    "end",
    "give_back",
    "lift",
    "pause",
    "record_visit",
    "reject",
    "resume",
    "set_fees",
    "settle_boosts",
    "stop_boost",
    "submit",
    "suspend",
    "take",
]
