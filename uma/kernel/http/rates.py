"""How much each lane (lanes.py) lets through where the environment does not say otherwise."""

from collections.abc import Mapping

USUAL: Mapping[str, str] = {
    "anonymous": "100/minute",
    "rider": "1000/hour",
    "rider_page": "6000/hour",
    # An open page asks for news every two seconds, and a counter has ten devices.
    "live": "24000/hour",
    "merchant": "6000/hour",
    "operator": "6000/hour",
    "key": "6000/hour",
    "scanner": "1200/minute",
    # Credentials that opened nothing, by address: beyond it nothing from there is looked at.
    "failed": "20/minute",
    "sign_in_address": "60/minute",
    "sign_in_device": "10/10 minutes",
    "sign_in_phone": "5/10 minutes",
    # Many phones share one address of a mobile network, and each asks every ten minutes.
    "refresh_address": "600/minute",
    "refresh_device": "30/10 minutes",
    "invitation_address": "30/10 minutes",
    "operator_sign_in": "10/15 minutes",
}
