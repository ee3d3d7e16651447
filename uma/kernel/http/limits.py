"""How often somebody may ask: the lanes of a request, counted together before its view runs."""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from uma.kernel.errors import DomainError
from uma.kernel.http.addresses import client_address
from uma.kernel.http.authentication import Caller
from uma.kernel.http.counting import SCANNERS, Slot, Verdict, count, parse_rate, shared
from uma.kernel.http.errors import RateLimited
from uma.kernel.http.guessers import bar, refuse_guesser
from uma.kernel.http.lanes import FAILED, GROUPS, LANES, SCANNER, KeyOf, by_address, sealed

if TYPE_CHECKING:
    from rest_framework.views import APIView

# Groups whose views read credentials from the body: a 401 of theirs is a guess that failed.
_OPENING = frozenset({"sign_in", "refresh", "invitation"})


def _slot(lane: str, key: str) -> Slot:
    return Slot(lane, key, parse_rate(settings.RATE_LIMITS[lane]), strict=LANES[lane].strict)


def _enforce(request: HttpRequest, verdict: Verdict) -> None:
    told: Verdict | None = getattr(request, "rate_limit", None)
    if told is None or not verdict.allowed or verdict.remaining < told.remaining:
        request.rate_limit = verdict  # type: ignore[attr-defined]  # the middleware writes the headers
    if not verdict.allowed:
        raise RateLimited(
            f"At most {verdict.limit} requests; try again in {verdict.reset_s} seconds.",
            retry_after_s=verdict.reset_s,
        )


def _take(request: HttpRequest, slots: list[Slot]) -> None:
    _enforce(request, count(shared(settings.REDIS_URL), slots, now=time.time()))


def take(request: HttpRequest, **keys: str) -> None:
    """
    Count a request in lanes whose keys only its view knows: `take(request, sign_in_phone=phone)`.

    Keys are sealed, so that no number of anybody's stands in Valkey.

    Raises:
        RateLimited
    """
    plain = getattr(request, "_request", request)
    _take(plain, [_slot(lane, sealed(key)) for lane, key in keys.items()])


def count_refused(request: Request, refusal: DomainError, view: object) -> None:
    """
    Count a request that could not say who sent it, by its address; a failed guess counts more.

    The throttle of a view comes after authentication, so a guesser would never meet it.

    Raises:
        RateLimited
    """
    plain = request._request  # noqa: SLF001  # DRF wraps the request that the middleware sees
    opening = not _OPENING.isdisjoint(getattr(view, "rate_lanes", ()))
    is_guess: bool = getattr(refusal, "is_guess", True)
    guessed = is_guess and (opening or bool(plain.META.get("HTTP_AUTHORIZATION")))
    address = client_address(plain)
    lanes = [] if getattr(plain, "rate_limit", None) is not None else ["anonymous"]
    if guessed:
        lanes.append(FAILED)
    if not lanes:
        return
    _count_at(plain, address, lanes)


def count_guess(request: HttpRequest) -> None:
    """
    Count credentials that opened nothing, by where they came from.

    Raises:
        RateLimited
    """
    _count_at(request, client_address(request), [FAILED])


def _count_at(request: HttpRequest, address: str, lanes: list[str]) -> None:
    try:
        _take(request, [_slot(lane, address) for lane in lanes])
    except RateLimited as limited:
        verdict: Verdict = request.rate_limit  # type: ignore[attr-defined]  # set by `_enforce`
        if verdict.lane == FAILED:
            bar(address, until=time.time() + verdict.reset_s)
        raise limited from None


def count_scan(request: HttpRequest, caller: Caller) -> None:
    """
    Count one person's scan, in this process alone.

    Raises:
        RateLimited
    """
    slot = _slot(SCANNER, str(caller.limited_as))
    _enforce(request, count(SCANNERS, [slot], now=time.time()))


class RateLimit(BaseThrottle):
    """
    The limit of every API view.

    Strangers are counted by address, people by id and role, API keys by key. `rate_lane =
    "scanner"` counts one person's scans in this process alone. `rate_lanes` names groups of further
    lanes (lanes.py); one that counts by address stands in for the strangers' lane. `rate_keys` says
    where a view finds the key of a lane, when that is not where the lane looks.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        plain = request._request  # noqa: SLF001  # as above
        user: Any = request.user  # Any: DRF leaves the type to the authentication class
        groups: tuple[str, ...] = getattr(view, "rate_lanes", ())
        lanes = [lane for group in groups for lane in GROUPS[group]]
        if not _OPENING.isdisjoint(groups):
            refuse_guesser(plain)
        slots: list[Slot] = []
        if isinstance(user, Caller):
            if getattr(view, "rate_lane", "api") == SCANNER:
                count_scan(plain, user)
            else:
                slots.append(_slot(user.role, str(user.limited_as)))
        elif not any(LANES[lane].key_of is by_address for lane in lanes):
            slots.append(_slot("anonymous", by_address(request)))
        self._count(request, slots, lanes, getattr(view, "rate_keys", {}))
        return True

    def _count(
        self,
        request: Request,
        slots: list[Slot],
        lanes: Iterable[str],
        rate_keys: Mapping[str, KeyOf],
    ) -> None:
        unreadable: Exception | None = None
        for lane in lanes:
            key_of = rate_keys.get(lane, LANES[lane].key_of)
            try:
                key = key_of(request) if key_of is not None else None
            except (DomainError, APIException) as refused:
                # Sent without a readable body, it is counted all the same.
                unreadable, key = refused, None
            if key is not None:
                slots.append(_slot(lane, key))
        if slots:
            _take(request._request, slots)  # noqa: SLF001  # as above
        if unreadable is not None:
            raise unreadable
