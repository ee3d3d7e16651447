"""The rows of strikes, appeals and what operators decide about them."""

from datetime import UTC, datetime, timedelta

from tests.contract.policy.actors import anybody, operators, riders
from tests.contract.policy.row import Row

_JUDGED = operators(200, foreign="unknown_appeal", support=True)
_NOW = datetime.now(UTC)
JUDGING = [
    Row("GET", "/api/missions", riders(200)),
    Row("GET", "/api/missions/{mission_id}", riders(200)),
    Row(
        "POST",
        "/api/missions/{mission_id}/join",
        riders(200, suspended="rider_banned", closed="account_closed"),
    ),
    Row(
        "POST",
        "/api/missions/{mission_id}/abandon",
        riders(200, foreign="mission_not_joined"),
        at={"mission_id": "joined_mission"},
    ),
    Row("GET", "/api/leaderboard", riders(200)),
    Row("PUT", "/api/leaderboard", riders(200), {"pseudonym": "Blue Kite 7", "zone": "MNP"}),
    Row("DELETE", "/api/leaderboard", riders(204)),
    Row("GET", "/api/user/streak", riders(200)),
    Row("GET", "/api/badges", riders(200)),
    Row(
        "GET",
        "/api/badges/awards/{award_id}/credential",
        riders(200, foreign="unknown_badge"),
    ),
    Row("GET", "/api/badges/revocations", anybody(200)),
    Row("GET", "/api/user/strikes", riders(200)),
    Row("GET", "/api/user/appeals", riders(200)),
    Row(
        "POST",
        "/api/user/appeals",
        riders(201, foreign="unknown_strike"),
        lambda own: {"strikeId": own["strike_id"], "text": "The shop was dark."},
    ),
    Row("GET", "/api/operator/appeals", operators(200, support=True)),
    Row("POST", "/api/operator/appeals/{appeal_id}/uphold", _JUDGED, {"reason": "It was shut"}),
    Row("POST", "/api/operator/appeals/{appeal_id}/reject", _JUDGED, {"reason": "It was open"}),
    Row(
        "POST",
        "/api/operator/force-majeure",
        operators(201, foreign="unknown_zone"),
        {
            "zone": "MNP",
            "startsAt": _NOW.isoformat(),
            "endsAt": (_NOW + timedelta(hours=1)).isoformat(),
            "reason": "Flood",
        },
    ),
]
