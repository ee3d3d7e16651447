"""The fifteen acts of product rule 1.15, each with the tests that do it through the console's own pages."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ACTS = "tests/console/test_acts.py"

# By the number in the rule.
ACCEPTED: dict[int, list[str]] = {
    1: [f"{ACTS}::test_a_frozen_wallet_refuses_scan_booking_and_withdrawal_until_it_is_let_go"],
    2: [
        "tests/payments/test_adjustments.py::test_six_hundred_rupees_move_when_a_second_operator_agrees",
        "tests/payments/test_adjustments.py::test_nobody_decides_about_what_they_proposed",
        "tests/concurrency/test_adjusting.py::test_of_two_who_agree_at_once_one_moves_the_money",
    ],
    3: [f"{ACTS}::test_a_reversed_visit_has_entries_a_credit_note_a_message_and_a_webhook"],
    4: [f"{ACTS}::test_an_overturned_strike_takes_the_ban_with_it"],
    5: [f"{ACTS}::test_the_bookings_of_a_closed_outlet_are_voided_at_once_and_nobody_is_struck"],
    6: [f"{ACTS}::test_a_paused_city_sells_nothing_and_honours_what_it_sold"],
    7: [f"{ACTS}::test_a_campaign_is_judged_with_its_changes_beside_it"],
    8: [
        "tests/payments/test_desk_acts.py::test_a_payout_that_waits_is_refused_and_one_on_its_way_is_not",
        "tests/payments/test_desk_acts.py::test_a_payout_that_is_asked_about_again_is_not_sent_again",
    ],
    9: [
        "tests/payments/test_desk_acts.py::test_an_event_that_is_handled_again_credits_nothing_again",
        "tests/ondc/test_desk.py::test_what_was_done_is_not_done_twice_by_a_replay_from_the_desk",
    ],
    # The keys are the deployment's (docs/operations.md): no page of the console holds one.
    10: [f"{ACTS}::test_live_codes_are_scanned_after_the_key_that_makes_them_was_rotated"],
    11: [f"{ACTS}::test_a_narrowed_list_is_asked_for_as_a_file_which_the_trail_tells"],
    # What no page may do, the database refuses as well.
    12: [
        "tests/wallet/test_hostile_edits.py::test_no_table_of_the_ledger_is_rewritten",
        "tests/wallet/test_admin.py::test_every_row_is_read_and_none_is_written",
    ],
    13: [
        f"{ACTS}::test_another_citys_object_is_404_on_every_page_of_it",
        "tests/accounts/test_desk_matrix.py::test_a_foreign_object_is_as_missing_as_one_that_never_was",
    ],
    14: ["tests/accounts/test_admin.py::test_a_whole_phone_is_shown_once_with_a_reason_and_leaves_a_trail"],
    15: [f"{ACTS}::test_what_stands_behind_the_homes_numbers_is_what_the_ledger_has"],
}  # fmt: skip


def test_every_act_of_the_rule_has_a_test_that_is_collected() -> None:
    assert sorted(ACCEPTED) == list(range(1, 16))
    named = sorted({test for tests in ACCEPTED.values() for test in tests})

    # As the suite collects them; one that is gone makes this fail.
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *named],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
    collected = {line.split("[")[0] for line in found.stdout.splitlines() if "::" in line}
    assert collected == set(named)
