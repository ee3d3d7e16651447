"""Writes about the network: journeys opened, offers chosen, what is said and sent, callbacks acted on."""

from apps.ondc.outgoing.profiles import TRANSIT
from apps.ondc.services.answering import process_answers
from apps.ondc.services.asking import ask, choose_offer, open_search
from apps.ondc.services.buying import (
    confirm_paid_tickets,
    confirm_tickets,
    init_tickets,
    pay_tickets,
    payment_to_look_at,
    select_tickets,
)
from apps.ondc.services.complaining import (
    act_on_issue,
    ask_about_issue,
    open_issue,
    repeat_lost_issues,
)
from apps.ondc.services.deciding import decide_disagreement
from apps.ondc.services.delivering import (
    count_asked,
    deliver,
    due_ids,
    purge_outbound,
    uncounted_search,
)
from apps.ondc.services.dispatching import forget_dispatches, send_dispatches
from apps.ondc.services.exporting import (
    MOST_EXPORTED,
    export_settlements,
    settlements_csv,
    take_journey_log,
)
from apps.ondc.services.facing import our_voice, rider_as
from apps.ondc.services.finding import Which
from apps.ondc.services.holding import board_bus, cancel_tickets, take_back_unpaid
from apps.ondc.services.importing import import_catalogues
from apps.ondc.services.observing import collect_observations
from apps.ondc.services.ordering import (
    Trip,
    confirm_ride,
    init_ride,
    search_rides,
    select_ride,
)
from apps.ondc.services.processing import (
    process_inbound,
    purge_inbound,
    replay_inbound,
    waiting_inbound_ids,
)
from apps.ondc.services.receiving import Proved, receive
from apps.ondc.services.reconciling import ask_recon, follow_requests, settle_agreed
from apps.ondc.services.recovering import recover_confirmations
from apps.ondc.services.refreshing import (
    close_refreshes,
    forget_refreshes,
    plan_refreshes,
    refresh_now,
    send_refreshes,
)
from apps.ondc.services.registering import register_seller
from apps.ondc.services.remembering import remember_prices
from apps.ondc.services.riding import (
    ask_status,
    ask_support,
    ask_track,
    cancel_ride,
    move_drop,
    rate_ride,
    tip_driver,
)
from apps.ondc.services.settling import book_fees, settle_fees
from apps.ondc.services.ticket_fees import book_ticket_fees
from apps.ondc.services.travelling import search_stations, search_tickets

__all__ = [
    "MOST_EXPORTED",
    "TRANSIT",
    "Proved",
    "Trip",
    "Which",
    "act_on_issue",
    "ask",
    "ask_about_issue",
    "ask_recon",
    "ask_status",
    "ask_support",
    "ask_track",
    "board_bus",
    "book_fees",
    "book_ticket_fees",
    "cancel_ride",
    "cancel_tickets",
    "choose_offer",
    "close_refreshes",
    "collect_observations",
    "confirm_paid_tickets",
    "confirm_ride",
    "confirm_tickets",
    "count_asked",
    "decide_disagreement",
    "deliver",
    "due_ids",
    "export_settlements",
    "follow_requests",
    "forget_dispatches",
    "forget_refreshes",
    "import_catalogues",
    "init_ride",
    "init_tickets",
    "move_drop",
    "open_issue",
    "open_search",
    "our_voice",
    "pay_tickets",
    "payment_to_look_at",
    "plan_refreshes",
    "process_answers",
    "process_inbound",
    "purge_inbound",
    "purge_outbound",
    "rate_ride",
    "receive",
    "recover_confirmations",
    "refresh_now",
    "register_seller",
    "remember_prices",
    "repeat_lost_issues",
    "replay_inbound",
    "rider_as",
    "search_rides",
    "search_stations",
    "search_tickets",
    "select_ride",
    "select_tickets",
    "send_dispatches",
    "send_refreshes",
    "settle_agreed",
    "settle_fees",
    "settlements_csv",
    "take_back_unpaid",
    "take_journey_log",
    "tip_driver",
    "uncounted_search",
    "waiting_inbound_ids",
]
