"""From where the console may be opened: its own host, and the networks of its operators (decisions/0077)."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase

from uma.kernel.http.addresses import exact_address
from uma.kernel.http.pages import CONSOLE

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=4)
def networks(written: tuple[str, ...]) -> tuple[Network, ...]:
    """
    Return the networks that a setting names.

    Raises:
        ValueError: one of them is none
    """
    return tuple(ipaddress.ip_network(one) for one in written)


class DeskDoor:
    """Answers 404 at the console's addresses to whoever asks another host, or from another network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(CONSOLE) and not (
            _asks_its_host(request) and _comes_from_inside(request)
        ):
            # As missing as any page that never was: who looks for a console does not learn that there is one.
            raise Http404
        return self.get_response(request)


def _asks_its_host(request: HttpRequest) -> bool:
    own: str = settings.CONSOLE_HOST
    return not own or split_domain_port(request.get_host())[0] == own.lower()


def _comes_from_inside(request: HttpRequest) -> bool:
    inside = networks(tuple(settings.CONSOLE_NETWORKS))
    if not inside:
        return True
    address = exact_address(request)
    if address is None:
        return False
    caller = ipaddress.ip_address(address)
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped is not None:
        caller = caller.ipv4_mapped
    return any(caller in network for network in inside)
