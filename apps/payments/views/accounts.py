"""Wallets, their movements and statements over HTTP: a merchant's, and a rider's own."""

from collections.abc import Callable, Sequence

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors as accounts
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.merchants.access import REFUSALS, acting
from apps.payments import selectors
from apps.payments.errors import StatementTooLong
from apps.payments.selectors import AccountLine, AccountStatement
from apps.payments.serializers.accounts import (
    KINDS,
    AccountLineFields,
    MerchantWalletResponse,
    StatementResponse,
    line_response,
    merchant_wallet_response,
    statement_csv,
    statement_response,
)
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.selectors import StatementLine
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor, InvalidParameter
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.periods import read_period, read_whole_period
from uma.kernel.http.permissions import IsMerchant, IsRider
from uma.kernel.http.renderers import CamelCaseJSONRenderer
from uma.kernel.http.tables import CsvRenderer

INDIA = "Asia/Kolkata"
_WHEN = "A day of the zone (`2026-10-01`) or an instant"
_PERIOD = [
    OpenApiParameter("from", str, description=f"{_WHEN}, included."),
    OpenApiParameter("until", str, description=f"{_WHEN}, not included."),
]
_KIND = OpenApiParameter("kind", str, many=True, enum=KINDS, description="One or several.")
_STATEMENT = {
    (200, "application/json"): StatementResponse,
    (200, "text/csv"): OpenApiTypes.BINARY,
}


class MerchantWalletView(APIView):
    """What the merchant has: available, held for bookings, on its way back, and what it owes."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = REFUSALS

    @extend_schema(responses=MerchantWalletResponse)
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        purse = selectors.merchant_purse(merchant_id=merchant_id, now=timezone.now())
        return Response(merchant_wallet_response(purse))


class MerchantTransactionsView(APIView):
    """Each movement of the merchant's wallet, the newest first, with the balance after it."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = (*REFUSALS, InvalidParameter)

    @extend_schema(parameters=[*_PERIOD, _KIND], responses=AccountLineFields(many=True))
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        return _page(
            request,
            code=codes.merchant_wallet(merchant_id),
            zone_timezone=merchants.merchant(merchant_id=merchant_id).zone.timezone,
            worded=lambda lines: selectors.merchant_lines(merchant_id=merchant_id, lines=lines),
        )


class MerchantStatementView(APIView):
    """
    A period of the merchant's wallet: opening, every movement, closing; JSON, or CSV by `Accept`.

    However a longer period is cut, each part's closing is the next one's opening. At most 92 days.
    """

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    renderer_classes = [CamelCaseJSONRenderer, CsvRenderer]
    refusals = (*REFUSALS, InvalidParameter, StatementTooLong)

    @extend_schema(parameters=_PERIOD, responses=_STATEMENT)
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        clock = merchants.merchant(merchant_id=merchant_id).zone.timezone
        since, until = read_whole_period(request, clock)
        found = selectors.merchant_statement(merchant_id=merchant_id, since=since, until=until)
        return _statement(request, found, clock)


class UserTransactionsView(APIView):
    """Each movement of the rider's wallet, newest first, with the balance after it."""

    permission_classes = [IsRider]
    refusals = (InvalidParameter,)

    @extend_schema(parameters=[*_PERIOD, _KIND], responses=AccountLineFields(many=True))
    def get(self, request: Request) -> Response:
        rider_id = principal_of(request).user_id
        return _page(
            request,
            code=codes.rider_wallet(rider_id),
            zone_timezone=_riders_clock(request),
            worded=lambda lines: selectors.rider_lines(lines=lines),
        )


class UserStatementView(APIView):
    """
    A period of the rider's wallet: opening, every movement, closing; JSON, or CSV by `Accept`.

    However a longer period is cut, each part's closing is the next one's opening. At most 92 days.
    """

    permission_classes = [IsRider]
    renderer_classes = [CamelCaseJSONRenderer, CsvRenderer]
    refusals = (InvalidParameter, StatementTooLong)

    @extend_schema(parameters=_PERIOD, responses=_STATEMENT)
    def get(self, request: Request) -> Response:
        clock = _riders_clock(request)
        since, until = read_whole_period(request, clock)
        rider_id = principal_of(request).user_id
        found = selectors.rider_statement(rider_id=rider_id, since=since, until=until)
        return _statement(request, found, clock)


def _riders_clock(request: Request) -> str:
    home = accounts.person(user_id=principal_of(request).user_id).zone_code
    # Whoever joined where no city is open yet reads India's days.
    return next((zone.timezone for zone in merchants.zones() if zone.pk == home), INDIA)


def _page(
    request: Request,
    *,
    code: str,
    zone_timezone: str,
    worded: Callable[[Sequence[StatementLine]], list[AccountLine]],
) -> Response:
    page = read_page(request)
    period = read_period(request, zone_timezone)
    lines = ledger.statement(
        code=code,
        limit=page.limit + 1,
        before_version=_version(page.after),
        kinds=_kinds(request),
        since=period.since,
        until=period.until,
        unopened=True,
    )
    shown = lines[: page.limit]
    more = len(lines) > page.limit
    rows = [line_response(line) for line in worded(shown)]
    return page_response(request, rows, str(shown[-1].version) if more else None)


def _kinds(request: Request) -> list[str]:
    wanted = request.query_params.getlist("kind")
    if not set(wanted) <= set(KINDS):
        raise InvalidParameter("kind is one of the types of movements.")
    return wanted


def _version(after: str | None) -> int | None:
    if after is not None and not after.isdigit():
        raise InvalidCursor
    return int(after) if after is not None else None


def _statement(request: Request, found: AccountStatement, clock: str) -> Response:
    headers = {"Cache-Control": "private, no-store", "Vary": "Accept"}
    if not isinstance(request.accepted_renderer, CsvRenderer):
        return Response(statement_response(found), headers=headers)
    # The last day is not part of the period; the name says the days as they were asked for.
    name = f"statement-{found.since:%Y%m%d}-{found.until:%Y%m%d}.csv"
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(statement_csv(found, clock), headers=headers)
