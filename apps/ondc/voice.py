"""How we speak on the network: who we are to others, and our commercial terms, read from the settings."""

from dataclasses import dataclass

from django.conf import settings

from apps.ondc.network import Network, is_public_address, network
from apps.ondc.outgoing import profiles
from apps.ondc.outgoing.context import BuyerApp, Counterparty
from apps.ondc.outgoing.issues import Desk
from apps.ondc.outgoing.profiles import Terms


@dataclass(frozen=True, slots=True)
class Observer:
    """Where the network is told of each message, and by what it knows us there."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Ourselves as a speaker; `versions` and `ticket_versions` are those that a search is asked in."""

    network: Network
    terms: Terms
    versions: tuple[str, ...]
    desk: Desk
    observer: Observer | None = None
    ticket_versions: tuple[str, ...] = ()
    # Who moves money between participants, as the network agreed with it.
    agency: Counterparty | None = None

    @property
    def sender(self) -> BuyerApp:
        return BuyerApp(self.network.subscriber_id, self.network.uri)

    @property
    def gateway(self) -> str:
        return self.network.environment.gateway

    @property
    def is_public(self) -> bool:
        """Say whether this is the real network, where nobody lives on a private address."""
        return is_public_address(self.network.environment.registry)


def voice() -> Voice:
    """
    Return how we speak, as the settings say.

    Raises:
        NotConfigured: we are on no network
    """
    ours = network()
    return Voice(
        network=ours,
        terms=Terms(
            static_terms=settings.ONDC_TERMS_URL or f"https://{ours.host}/terms",
            finder_fee_percent=settings.ONDC_FINDER_FEE_PERCENT,
            bank_code=settings.ONDC_BANK_CODE,
            bank_account=settings.ONDC_BANK_ACCOUNT,
            payment_address=settings.ONDC_PAYMENT_ADDRESS,
        ),
        versions=tuple(settings.ONDC_RIDE_VERSIONS),
        ticket_versions=tuple(settings.ONDC_TICKET_VERSIONS),
        desk=Desk(
            name=settings.ONDC_GRIEVANCE_NAME,
            phone=settings.ONDC_GRIEVANCE_PHONE,
            email=settings.ONDC_GRIEVANCE_EMAIL,
        ),
        observer=_observer(),
        agency=_agency(),
    )


def _observer() -> Observer | None:
    url, token = settings.ONDC_OBSERVABILITY_URL, settings.ONDC_OBSERVABILITY_TOKEN
    return Observer(url, token) if url and token else None


def _agency() -> Counterparty | None:
    agency_id, uri = settings.ONDC_SETTLEMENT_AGENCY_ID, settings.ONDC_SETTLEMENT_AGENCY_URI
    return Counterparty(agency_id, uri) if agency_id and uri else None


RIDES = profiles.RIDES
