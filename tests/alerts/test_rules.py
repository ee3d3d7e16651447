"""Every rule by promtool: silent just before its limit, ringing behind it, with the words that somebody reads."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts import test_firing, test_outages
from tests.alerts.conftest import RULES
from uma.stack.folder import ROOT

MANUAL = ROOT / "docs" / "operations.md"
# What stands there for ten minutes at a look each five seconds.
STEPS = "x120"
SCAN = 'route="api/handshake/execute"'


@dataclass(frozen=True)
class Case:
    """One alert: series that leave it silent, series that ring it, and what it then says."""

    alert: str
    quiet: dict[str, str]
    loud: dict[str, str]
    labels: dict[str, str]
    value: str = ""


def flat(name: str, quiet: float, loud: float, value: str = "", **labels: str) -> Case:
    """A gauge that rings by its height; `labels` are those that its alert keeps."""
    alert, series = name.split(" ")
    return Case(alert, {series: f"{quiet}+0{STEPS}"}, {series: f"{loud}+0{STEPS}"}, labels, value)


def rates(alert: str, whole: str, part: str, quiet: float, loud: float, **other: str) -> Case:
    """Two counters, where the second is a part of all that rings by its share of the first."""
    return Case(
        alert,
        {whole: f"0+{100 - quiet}{STEPS}", part: f"0+{quiet}{STEPS}"},
        {whole: f"0+{100 - loud}{STEPS}", part: f"0+{loud}{STEPS}"},
        other,
    )


COUNT = "uma_http_requests_total"
BUCKET = "uma_http_request_seconds_bucket"
ASKED = "uma_ondc_requests_recent"
CASES = (
    flat("CustodyDiffers uma_custody_difference_paise", 0, -1, "-1"),
    flat("CustodyCheckFailed uma_custody_whole", 1, 0),
    flat("CustodyUnchecked uma_custody_checked_seconds", 93_600, 93_601),
    flat('BooksDoNotBalance uma_books_wrong_rows{look="recent"}', 0, 2, "2"),
    flat('BooksUnchecked uma_books_checked_seconds{look="whole"}', 93_600, 93_601),
    flat("DisagreementsUnexplained uma_recon_exception_seconds", 86_400, 86_401),
    flat("PaymentsNotCredited uma_gateway_event_unhandled_seconds", 900, 901),
    flat("OpenOrdersUnwatched uma_top_up_look_overdue_seconds", 900, 901),
    flat("GatewayQuiet uma_gateway_quiet_seconds", 3_600, 3_601),
    flat("WalletsRunLow uma_merchants_low", 0, 3, "3"),
    rates(
        "HandshakesFail", f'{COUNT}{{{SCAN},status="200"}}', f'{COUNT}{{{SCAN},status="503"}}', 5, 6
    ),
    rates(
        "ScansSpendBudgetFast",
        f'{COUNT}{{{SCAN},status="200"}}',
        f'{COUNT}{{{SCAN},status="503"}}',
        1,
        2,
    ),
    rates(
        "ScansSpendBudgetSlowly",
        f'{COUNT}{{{SCAN},status="200"}}',
        f'{COUNT}{{{SCAN},status="503"}}',
        0,
        1,
    ),
    rates("AnswersFail", f'{COUNT}{{status="200"}}', f'{COUNT}{{status="500"}}', 1, 2),
    Case(
        "ScansAreSlow",
        {
            f'{BUCKET}{{{SCAN},le="0.5"}}': f"0+99{STEPS}",
            f'{BUCKET}{{{SCAN},le="+Inf"}}': f"0+100{STEPS}",
        },
        {
            f'{BUCKET}{{{SCAN},le="0.5"}}': f"0+98{STEPS}",
            f'{BUCKET}{{{SCAN},le="1.0"}}': f"0+100{STEPS}",
            f'{BUCKET}{{{SCAN},le="+Inf"}}': f"0+100{STEPS}",
        },
        {},
    ),
    flat('WebIsGone up{job="uma",instance="web-1:8000"}', 1, 0, job="uma", instance="web-1:8000"),
    Case(
        "DatabaseAway",
        # A scrape that failed says nothing; one that did not answers for fifteen seconds.
        {"uma_database_answers": "1+0x106 0 _"},
        {"uma_database_answers": "1+0x100 0 _ 0 _ 0 _ 0 _"},
        {},
    ),
    flat("ConnectionsRunOut uma_database_connections_ratio", 0.8, 0.81),
    Case(
        "StandbyGone",
        {'uma_standby_follows{standby="standby"}': "0+0x100 1+0x20"},
        # A moment is enough, and scrapes that fail do not end it.
        {'uma_standby_follows{standby="standby"}': "1+0x102 0 _ _ _ _ _"},
        {"standby": "standby"},
    ),
    flat(
        'StandbyBehind uma_standby_behind_bytes{standby="standby"}',
        67_108_864,
        67_108_865,
        standby="standby",
    ),
    flat("BackupTooOld uma_backup_age_seconds", 93_600, 93_601),
    flat("EndedSessionsUnknown uma_revocation_age_seconds", 5, 6),
    Case(
        "TokensCopied",
        {'uma_refresh_total{outcome="reused"}': f"4+0{STEPS}"},
        {'uma_refresh_total{outcome="reused"}': "0+0x60 1+0x60"},
        {},
    ),
    flat("PhonesLookedUp uma_phone_looks_recent", 29, 30, "30"),
    flat("FollowUpsLate uma_handshake_follow_up_seconds", 60, 61),
    flat('DeliveriesLate uma_delivery_late_seconds{kind="push"}', 300, 301, kind="push"),
    Case(
        "MessagesDropped",
        {"uma_queue_dropped_total": f"4+0{STEPS}"},
        {"uma_queue_dropped_total": "0+0x60 1+0x60"},
        {},
    ),
    flat('JobsLate uma_job_overdue_seconds{task="a.b"}', 900, 901, task="a.b"),
    flat('JobsFail uma_jobs_failed_recent{task="a.b"}', 0, 2, "2", task="a.b"),
    Case(
        "SellersFail",
        {
            f'{ASKED}{{party="s.in",action="init",state="TAKEN"}}': f"3+0{STEPS}",
            f'{ASKED}{{party="s.in",action="init",state="LOST"}}': f"1+0{STEPS}",
        },
        {
            f'{ASKED}{{party="s.in",action="init",state="TAKEN"}}': f"2+0{STEPS}",
            f'{ASKED}{{party="s.in",action="init",state="LOST"}}': f"2+0{STEPS}",
        },
        {"party": "s.in"},
    ),
    flat(
        'NetworkMessagesLate uma_ondc_waiting_seconds{where="callback"}', 60, 61, where="callback"
    ),
    flat("CallbacksParked uma_ondc_parked", 0, 2, "2"),
)


@dataclass(frozen=True)
class Over:
    """An alert whose cause lasted five minutes, and when it is over; real servers are not waited for as long."""

    alert: str
    series: dict[str, str]
    after: str
    labels: dict[str, str]


def ended(alert: str, whole: str, part: str, share: int, after: str) -> Over:
    """Two counters, where the second was this share of all for five minutes, and is none since then."""
    return Over(
        alert,
        {
            whole: f"0+{100 - share}x60 {60 * (100 - share)}+100x600",
            part: f"0+{share}x60 {60 * share}+0x600",
        },
        after,
        {},
    )


GOOD, BAD = f'{COUNT}{{{SCAN},status="200"}}', f'{COUNT}{{{SCAN},status="503"}}'
ENDED = (
    ended("HandshakesFail", GOOD, BAD, 6, "11m"),
    ended("ScansSpendBudgetFast", GOOD, BAD, 2, "11m"),
    ended("ScansSpendBudgetSlowly", GOOD, BAD, 1, "36m"),
    ended("AnswersFail", f'{COUNT}{{status="200"}}', f'{COUNT}{{status="500"}}', 2, "11m"),
    Over(
        "ScansAreSlow",
        {
            f'{BUCKET}{{{SCAN},le="0.5"}}': "0+98x60 5880+100x120",
            f'{BUCKET}{{{SCAN},le="1.0"}}': "0+100x180",
            f'{BUCKET}{{{SCAN},le="+Inf"}}': "0+100x180",
        },
        "11m",
        {},
    ),
    Over("EndedSessionsUnknown", {"uma_revocation_age_seconds": "6+0x60 0+0x120"}, "7m", {}),
    Over("TokensCopied", {'uma_refresh_total{outcome="reused"}': "0+0x40 1+0x200"}, "14m", {}),
    Over("MessagesDropped", {"uma_queue_dropped_total": "0+0x40 1+0x200"}, "14m", {}),
    Over(
        "SellersFail",
        {f'{ASKED}{{party="s.in",action="init",state="LOST"}}': "4+0x60 0+0x60"},
        "6m",
        {"party": "s.in"},
    ),
)


def rule_of(alert: str) -> dict[str, Any]:  # Any: what a file may hold
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return next(rule for group in groups for rule in group["rules"] if rule["alert"] == alert)


def words(case: Case | Over) -> str:
    said: str = rule_of(case.alert)["annotations"]["summary"]
    said = said.replace("{{ $value }}", getattr(case, "value", ""))
    for label, value in case.labels.items():
        said = said.replace("{{ $labels." + label + " }}", value)
    return said


def unit(series: dict[str, str], case: Case | Over, rings: dict[str, bool]) -> dict[str, object]:
    """Have promtool look at an alert at these times; `rings` says whether it must ring."""
    severity = rule_of(case.alert)["labels"]["severity"]
    ringing = {
        "exp_labels": {"severity": severity, **case.labels},
        "exp_annotations": {"summary": words(case)},
    }
    return {
        "interval": "5s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": at, "alertname": case.alert, "exp_alerts": [ringing] if loud else []}
            for at, loud in rings.items()
        ],
    }


def alerts() -> list[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return sorted(rule["alert"] for group in groups for rule in group["rules"])


def test_there_is_a_case_for_every_rule() -> None:
    assert alerts() == sorted(case.alert for case in CASES)


def test_each_alert_is_shown_to_be_silent_again() -> None:
    """By the real Prometheus where the cause can be ended, by its own rules where a window must pass."""
    really = test_firing.RING - test_firing.LASTING | test_outages.ENDED_AT_ONCE

    assert sorted([*really, *(one.alert for one in ENDED)]) == alerts()


def test_whoever_is_rung_finds_what_to_do() -> None:
    told = re.findall(r"^\| (\*\w+\*(?:, \*\w+\*)*) \|", MANUAL.read_text(), re.MULTILINE)
    named = [alert for row in told for alert in re.findall(r"\w+", row)]

    assert sorted(named) == alerts()


@pytest.mark.parametrize("limits", ["as they are", "moved"])
def test_every_rule_is_silent_before_its_limit_and_rings_behind_it(
    tools: Path, tmp_path: Path, limits: str
) -> None:
    as_they_are = limits == "as they are"
    over = [
        unit(one.series, one, {"5m": True, one.after: False} if as_they_are else {"5m": False})
        for one in ENDED
    ]
    cases = [
        unit(series, case, {"9m": rings})
        for case in CASES
        for series, rings in (
            [(case.quiet, False), (case.loud, True)]
            if as_they_are
            # A control: what promtool is told to expect is the contrary, and it says so each time.
            else [(case.loud, False)]
        )
    ]
    files = []
    # What takes half an hour to end is judged less often.
    for every, tests in (("5s", cases), ("15s", over)):
        document = {"rule_files": [str(RULES)], "evaluation_interval": every, "tests": tests}
        files.append(tmp_path / f"{every}.yml")
        files[-1].write_text(json.dumps(document))

    done = subprocess.run(
        [tools / "promtool", "test", "rules", *files], capture_output=True, text=True, check=False
    )

    if as_they_are:
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        assert (done.stdout + done.stderr).count("alertname: ") == len(CASES) + len(ENDED)


def panels() -> list[dict[str, Any]]:  # Any: as above
    document = json.loads((ROOT / "deploy" / "grafana" / "dashboards" / "uma.json").read_text())
    return [panel for panel in document["panels"] if panel["type"] != "row"]


def test_every_panel_asks_what_prometheus_understands(tools: Path, tmp_path: Path) -> None:
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"panel_{number}", "expr": expr} for number, expr in enumerate(asked)]
    document = {"groups": [{"name": "panels", "rules": rules}]}
    (tmp_path / "panels.yml").write_text(json.dumps(document))

    done = subprocess.run(
        [str(tools / "promtool"), "check", "rules", str(tmp_path / "panels.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_panels_have_their_own_place_a_title_and_a_unit() -> None:
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels()
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    titles = [panel["title"] for panel in panels()]

    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len(titles) == len(set(titles)) > 20
    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in panels())
