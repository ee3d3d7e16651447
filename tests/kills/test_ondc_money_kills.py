"""Kill -9 of the worker at every step of agreeing upon money with a seller, and of having the agency move it."""

import pytest

from apps.ondc.models import Dispatch, SettlementRequest
from tests.kills.stage import Stage, peer, stage, threshold, worker
from tests.notifications.queueing import broker
from tests.ondc.conftest import registry
from tests.ondc.network import Json, Participant, Registry
from tests.ondc.ours import until
from tests.ondc.reconciling import AGENCY, agreed, answer, due, moved, said
from tests.ondc.test_reconciling_asked import question, seen
from uma.celery import run_job
from uma.kernel import queue

__all__ = ["broker", "peer", "registry", "stage", "threshold", "worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def asked(stage: Stage, action: str, *, job: str) -> Json:
    """Have a job write a request down, killed at first, and send it, killed as well; return what is asked."""
    requests = SettlementRequest.objects.filter(action=action)
    stage.is_killed_in(job)
    assert not requests.exists()
    queue.enqueue(run_job, job=f"apps.ondc.tasks.{job}")
    until(requests.exists)
    stage.sends(requests.get().dispatch)
    return said()


def test_a_worker_killed_while_money_is_talked_about_says_and_hears_everything_once(
    stage: Stage, registry: Registry
) -> None:
    seller, agency = stage.journey.seller, Participant(id=AGENCY)
    registry.rows.append(agency)
    # What any message of the seller's leaves: where it listens.
    stage.offered()
    row = due("O2")

    recon = asked(stage, "RECON", job="ask_recon")
    stage.hears_of_money(seller, answer("on_recon", recon, agreed(recon)))
    settle = asked(stage, "SETTLE", job="settle_agreed")
    stage.hears_of_money(agency, answer("on_settle", settle, moved(settle, "SETTLED")))
    row.refresh_from_db()
    assert (row.recon, row.told_status, row.told_reference) == ("AGREED", "SETTLED", "UTR1")
    asks_too = question(seller, seen("O2", "1.46"))
    asks_too["context"]["bpp_uri"] = stage.peer.url
    stage.hears_of_money(seller, asks_too)
    stage.sends(Dispatch.objects.get(inbound__isnull=False))

    assert set(SettlementRequest.objects.values_list("action", "state")) == {
        ("RECON", "ANSWERED"), ("SETTLE", "ANSWERED"),
    }  # fmt: skip
    paths = [path.rpartition("/")[2] for path, _ in stage.peer.received]
    assert paths == ["recon"] * 2 + ["settle"] * 2 + ["on_recon"] * 2
    assert stage.kills == 8
