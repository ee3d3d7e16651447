"""A seller's grievance desk: it takes a complaint, proposes, and resolves, in the form it was complained in."""

import copy
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apps.sandbox.ondc.participants import stamp

if TYPE_CHECKING:
    from apps.sandbox.ondc.sellers import Request, Seller

Json = dict[str, Any]  # Any: JSON documents
_ME = "NP2"


class Desk:
    """What one seller knows of complaints, by their ids: the newest form of each, with the desk's own acts."""

    def __init__(self, seller: "Seller") -> None:
        self.seller = seller
        self.issues: dict[str, Json] = {}
        self.lock = threading.RLock()

    def reset(self) -> None:
        with self.lock:
            self.issues.clear()

    def heard(self, request: "Request") -> None:
        """Answer a complaint or an act about one."""
        issue = copy.deepcopy(request.message["issue"])
        with self.lock:
            if "issue_actions" in issue:
                self._first(request, issue, self.issues.get(issue["id"], {}))
            else:
                self._second(request, issue)

    def asked(self, request: "Request") -> None:
        """Say how a complaint stands."""
        found = self.issues.get(str(request.message.get("issue_id")))
        if found is None:
            wrong = ("IGM005", "Issue id unknown")
            self.seller.call_back(request, "on_issue_status", None, error=wrong)
            return
        self.seller.call_back(request, "on_issue_status", {"issue": found})

    def _first(self, request: "Request", issue: Json, known: Json) -> None:
        acts = issue["issue_actions"]
        mine = list(known.get("issue_actions", {}).get("respondent_actions", []))
        goes_on = acts["complainant_actions"][-1]["complainant_action"] in {"OPEN", "ESCALATE"}
        if goes_on:
            mine.append(self._respondent("PROCESSING"))
        issue["issue_actions"] = acts | {"respondent_actions": mine}
        self.issues[issue["id"]] = issue
        self.seller.call_back(request, "on_issue", {"issue": issue})
        if goes_on:
            # Told when it is asked for, as Chalo's desk does.
            mine.append(self._respondent("RESOLVED"))
            issue["resolution"] = {
                "short_desc": "The difference is paid back",
                "action_triggered": "REFUND",
                "refund_amount": "20.00",
            }

    def _respondent(self, action: str) -> Json:
        return {
            "respondent_action": action,
            "short_desc": f"Complaint {action.lower()}",
            "updated_at": stamp(datetime.now(UTC)),
            "updated_by": {"org": {"name": self._org}, "person": {"name": "Desk One"}},
            "cascaded_level": 1,
        }

    @property
    def _org(self) -> str:
        return f"{self.seller.participant.subscriber_id}::ONDC:TRV10"

    def _second(self, request: "Request", issue: Json) -> None:
        newest = issue["actions"][-1]
        act = newest["descriptor"]["code"]
        self.issues[issue["id"]] = issue
        if act == "CLOSED":
            return
        if act == "RESOLUTION_ACCEPTED":
            self._add(issue, "RESOLVED", "Resolved as agreed", ref=newest.get("ref_id", ""))
            self.seller.call_back(request, "on_issue", {"issue": issue})
            return
        self._add(issue, "PROCESSING", "Complaint is being processed")
        self.seller.call_back(request, "on_issue", {"issue": issue})
        threading.Thread(target=self._goes_on, args=(request, issue, act), daemon=True).start()

    def _goes_on(self, request: "Request", issue: Json, act: str) -> None:
        """Ask once, then propose."""
        time.sleep(self.seller.network.pace_s)
        with self.lock:
            if act == "OPEN" and issue["level"] == "ISSUE":
                self._add(issue, "INFO_REQUESTED", "What did the meter show?")
            else:
                proposed = issue.setdefault("resolutions", [])
                ref = f"R{len(proposed) + 1}"
                words = {"code": "REFUND", "short_desc": "20 rupees are paid back"}
                at = stamp(datetime.now(UTC))
                proposed.append(
                    {"id": ref, "descriptor": words, "updated_at": at, "proposed_by": _ME}
                )
                self._add(issue, "RESOLUTION_PROPOSED", "", ref=ref)
            self.seller.call_back(request, "on_issue", {"issue": issue}, asked=False)

    def _add(self, issue: Json, code: str, text: str, *, ref: str = "") -> None:
        others = [one for one in issue["actors"] if one["id"] != _ME]
        info = {"org": {"name": self._org}, "person": {"name": "Desk One"}}
        issue["actors"] = [*others, {"id": _ME, "type": "COUNTERPARTY_NP", "info": info}]
        issue["respondent_ids"] = [_ME]
        act: Json = {
            "id": str(uuid.uuid4()),
            "descriptor": {"code": code} | ({"short_desc": text} if text else {}),
            "updated_at": stamp(datetime.now(UTC)),
            "action_by": _ME,
            "actor_details": {"name": "Desk One"},
        }
        issue["actions"] = [
            *issue["actions"],
            act | ({"ref_id": ref, "ref_type": "RESOLUTIONS"} if ref else {}),
        ]
        issue["last_action_id"] = act["id"]
