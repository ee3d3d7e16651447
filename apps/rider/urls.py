"""The paths of the rider's app under /app/."""

from django.urls import path

from apps.rider import live
from apps.rider.pages import deals, entering, missions, own, tickets, wallet

urlpatterns = [
    path("", deals.home, name="rider-home"),
    path("deals", deals.found, name="rider-deals"),
    path("deals/<uuid:campaign_id>", deals.deal, name="rider-deal"),
    path("tickets", tickets.tickets, name="rider-tickets"),
    path("tickets/lines", tickets.lines, name="rider-ticket-lines"),
    path("tickets/<uuid:booking_id>", tickets.ticket, name="rider-ticket"),
    path("tickets/<uuid:booking_id>/state", tickets.state, name="rider-ticket-state"),
    path("tickets/<uuid:booking_id>/cancel", tickets.cancel, name="rider-ticket-cancel"),
    path("missions", missions.missions, name="rider-missions"),
    path("wallet", wallet.wallet, name="rider-wallet"),
    path("wallet/balance", wallet.balance, name="rider-balance"),
    path("wallet/lines", wallet.lines, name="rider-lines"),
    path("withdraw", wallet.withdraw, name="rider-withdraw"),
    path("me", own.me, name="rider-me"),
    path("inbox", own.inbox, name="rider-inbox"),
    path("inbox/messages", own.messages, name="rider-messages"),
    path("strikes", own.strikes, name="rider-strikes"),
    path("privacy", own.privacy, name="rider-privacy"),
    path("sign-in", entering.sign_in, name="rider-sign-in"),
    path("sign-out", entering.sign_out, name="rider-sign-out"),
    path("language", entering.choose_language, name="rider-language"),
    path("offline", entering.offline, name="rider-offline"),
    path("app.webmanifest", entering.manifest, name="rider-manifest"),
    path("service-worker.js", entering.service_worker, name="rider-service-worker"),
    path("events", live.events, name="rider-events"),
]
