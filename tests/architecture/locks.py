"""
Where rows are locked, and a race that is red without each lock: what CONTRIBUTING's tables say in words.

`make mutants` takes each away and runs its race. A function that takes several has a race for each, in their order.
"""

RACES: dict[str, dict[str, str | tuple[str, ...]]] = {
    "apps/accounts/services/erasure.py": {
        "_lock": "test_an_erasure_waits_for_the_booking_under_way_and_is_refused_by_it",
        "_take_deletions": "test_two_workers_ask_google_once_to_forget_somebody",
    },
    "apps/accounts/services/exports.py": {
        "_claim": "test_two_workers_at_one_copy_make_it_once",
        "_lock": "test_two_who_ask_at_once_get_one_copy",
    },
    "apps/accounts/services/operators.py": {
        "grant_role": "test_a_role_granted_twice_at_once_is_granted_once",
        "revoke_role": "test_whose_two_roles_are_taken_at_once_is_no_operator_any_more",
    },
    "apps/accounts/services/people.py": {
        "lock_payee": "test_two_withdrawals_at_once_are_counted_one_after_the_other",
        "lock_person": "test_a_badge_is_awarded_and_paid_once_by_two_at_once",
        "replace_suspension": "test_a_suspension_that_another_cause_prolongs_meanwhile_is_not_taken_back",
        "suspend": "test_of_two_suspensions_at_once_the_longer_stands",
    },
    "apps/accounts/services/phone_sign_in.py": {
        "_find": "test_people_are_locked_in_the_order_of_their_ids",
    },
    "apps/accounts/services/purging.py": {
        "purge_sessions": "test_two_who_purge_sessions_at_once_share_the_work",
        "purge_used_tokens": "test_two_who_purge_used_tokens_at_once_share_the_work",
    },
    "apps/accounts/services/refreshing.py": {
        "_judge": "test_of_two_devices_with_one_token_one_wins_and_both_lose",
    },
    "apps/accounts/services/revealing.py": {
        "reveal_phone": "test_of_two_looks_at_once_the_last_one_of_an_hour_is_had_once",
    },
    "apps/accounts/services/second_factors.py": {
        "offer_second_factor": "test_two_pages_that_offer_an_authenticator_show_the_same_one",
        "confirm_second_factor": "test_of_two_who_confirm_at_once_one_gets_recovery_codes",
        "check_second_factor": "test_of_two_who_show_one_code_at_once_one_gets_in",
    },
    "apps/accounts/services/sessions.py": {
        "end": "test_a_session_that_two_end_at_once_is_ended_by_one",
        "open_session": "test_whoever_signs_in_while_the_account_is_closed_has_no_session",
    },
    "apps/analytics/services.py": {
        "count_merchant": "test_two_who_count_at_once_count_once",
    },
    "apps/campaigns/services/boosts.py": {
        "_lock_tiles": "test_two_who_find_room_for_both_get_a_slot_each",
    },
    "apps/campaigns/services/clock.py": {
        "_claim": "test_two_clocks_do_not_wait_for_each_other_or_for_an_editor",
    },
    "apps/campaigns/services/listing.py": {
        "_ids": "test_the_clock_passes_by_a_listing_that_is_being_written",
    },
    "apps/campaigns/services/locking.py": {
        "lock": (
            "test_two_edits_at_once_both_stand",
            "test_an_editor_waits_for_the_booking_that_is_being_made",
        ),
    },
    "apps/exports/services.py": {
        "_locked": "test_an_export_that_is_cancelled_while_its_worker_ends_stays_cancelled",
        "_queue_up": "test_of_many_requests_at_once_the_last_free_place_goes_to_one",
        "claim": "test_two_workers_at_one_export_take_it_once",
    },
    "apps/gamification/services/appealing.py": {
        "appeal": "test_an_appeal_sent_twice_at_once_is_opened_once",
    },
    "apps/gamification/services/nightly.py": {
        "generate_missions": "test_a_night_that_two_plan_at_once_is_planned_once",
    },
    "apps/gamification/services/reminding.py": {
        "send_reminders": "test_two_workers_tell_a_reminder_once",
    },
    "apps/gamification/services/running.py": {
        "_check_budget": "test_the_last_reward_of_a_budget_is_set_aside_once",
    },
    "apps/handshake/disputes.py": {
        "approve_review": "test_what_a_fare_did_not_use_comes_off_the_count_of_a_visit_that_is_being_announced",
        "decide": "test_a_visit_that_is_lost_in_a_dispute_while_it_is_announced_comes_off_the_count",
    },
    "apps/handshake/reversals.py": {
        "reverse": "test_a_visit_taken_back_while_it_is_announced_is_not_counted",
    },
    "apps/handshake/services.py": {
        "announce": "test_a_handshake_announced_twice_at_once_is_told_and_counted_once",
    },
    "apps/merchants/services/businesses.py": {
        "lock": "test_a_merchant_is_suspended_once",
    },
    "apps/merchants/services/inviting.py": {
        "expire_invitations": "test_the_job_that_ends_offers_passes_by_one_that_is_being_accepted",
    },
    "apps/merchants/services/keys.py": {
        "_lock": "test_a_key_rotated_twice_at_once_has_one_successor",
    },
    "apps/merchants/services/outlets.py": {
        "_lock": "test_an_outlet_that_is_being_closed_is_not_opened",
    },
    "apps/merchants/services/plan_desk.py": {
        "set_plan_feature": "test_the_trail_of_a_limit_that_two_set_at_once_says_what_was_before",
    },
    "apps/merchants/services/zones.py": {
        "_set_zone_pause": "test_the_trail_of_a_zone_says_what_was_before",
    },
    "apps/notifications/delivery.py": {
        "_claim": "test_two_workers_at_one_message_send_it_once",
    },
    "apps/notifications/services.py": {
        "_lock_endpoint": "test_of_two_secrets_made_at_once_both_sign",
        "disable_endpoint": "test_an_endpoint_that_two_stop_at_once_says_why_it_stopped_first",
        "_register": "test_phones_are_locked_in_the_order_of_their_ids",
        "push_again": "test_two_operators_at_one_failed_push_start_it_once",
    },
    "apps/notifications/webhooks.py": {
        "_claim": "test_two_workers_who_find_one_event_send_it_once",
        "_record": "test_two_events_that_a_system_refuses_at_once_are_two_failures_of_it",
    },
    "apps/ondc/agreeing.py": {
        "refuse_request": "test_what_a_seller_agrees_to_while_our_question_is_refused_stays_agreed",
    },
    "apps/ondc/dues.py": {
        "owe": "test_a_transfer_for_an_order_whose_fare_is_being_changed_waits_and_settles_nothing",
        "owe_nothing": "test_a_transfer_for_an_order_whose_fare_is_being_changed_waits_and_settles_nothing",
    },
    "apps/ondc/handlers/outcome.py": {
        "lock_order": "test_a_newer_step_waits_until_the_older_one_is_written",
    },
    "apps/ondc/handlers/settling.py": {
        "_lock": "test_a_fare_that_changes_while_its_seller_agrees_to_the_old_one_is_agreed_upon_by_nobody",
        "_request": "test_of_two_answers_to_one_question_the_second_is_no_news",
    },
    "apps/ondc/services/answering.py": {
        "_process": "test_answers_that_two_workers_find_are_taken_by_one",
    },
    "apps/ondc/services/asking.py": {
        "_order_of": "test_an_order_whose_rider_chooses_another_offer_meanwhile_is_not_confirmed",
        "choose_offer": "test_an_offer_that_two_taps_choose_at_once_is_one_order",
    },
    "apps/ondc/services/complaining.py": {
        "_again": "test_a_complaint_that_two_jobs_find_lost_is_said_again_once",
    },
    "apps/ondc/services/deciding.py": {
        "_lock_open": "test_of_three_operators_one_decides",
        "decide_disagreement": "test_a_fee_that_is_paid_while_its_sellers_amount_is_taken_stays_as_it_was_paid",
    },
    "apps/ondc/services/delivering.py": {
        "_claim": "test_a_message_that_came_to_several_workers_is_sent_by_one",
        "_settle": "test_a_message_that_was_taken_while_another_worker_heard_nothing_stays_taken",
        "_tell_order": "test_a_confirmation_that_comes_while_our_request_is_found_undeliverable_stands",
    },
    "apps/ondc/services/dispatching.py": {
        "_claim": "test_a_report_that_several_jobs_found_is_sent_by_one",
        "_settle": "test_a_report_that_was_taken_while_another_job_heard_nothing_stays_sent",
    },
    "apps/ondc/services/finding.py": {
        "lock": "test_an_order_confirmed_by_several_taps_is_confirmed_by_one_message",
        "lock_own": "test_of_two_complaints_at_once_about_an_order_the_second_is_told_of_the_first",
    },
    "apps/ondc/services/holding.py": {
        "_take_back": "test_an_order_that_was_not_paid_is_taken_back_by_one_of_several_jobs",
    },
    "apps/ondc/services/processing.py": {
        "process_inbound": "test_the_same_callback_twenty_times_at_once_is_kept_and_handled_once",
        "replay_inbound": "test_the_trail_of_a_callback_that_two_replay_says_what_each_found",
    },
    "apps/ondc/services/reconciling.py": {
        "_follow": "test_an_answer_that_comes_while_its_question_is_given_up_counts",
        "_take": "test_two_jobs_that_ask_at_once_ask_once",
    },
    "apps/ondc/services/recovering.py": {
        "_recover": "test_two_sweeps_ask_about_a_lost_confirmation_once",
    },
    "apps/ondc/services/settling.py": {
        "_book": "test_a_fee_that_two_jobs_find_is_booked_once",
        "_lock_open": "test_two_operators_with_one_fee_settle_it_once",
    },
    "apps/ondc/services/ticket_fees.py": {
        "_book": "test_our_share_of_tickets_that_two_jobs_find_is_booked_once",
    },
    "apps/payments/services/adjusting.py": {
        "_lock_open": "test_of_two_who_agree_at_once_one_moves_the_money",
    },
    "apps/payments/services/balances.py": {
        "_lock_rule": "test_two_watchers_tell_of_one_crossing_once",
    },
    "apps/payments/services/disputes.py": {
        "_lock_payment": "test_two_disputes_of_one_payment_take_no_more_than_it",
    },
    "apps/payments/services/events.py": {
        "_claim": "test_two_workers_at_one_event_handle_it_once",
        "replay_event": "test_the_trail_of_an_event_that_two_replay_says_what_each_found",
    },
    "apps/payments/services/fund_accounts.py": {
        "verify_fund_account": "test_of_two_operators_who_verify_an_account_at_once_the_first_look_stands",
    },
    "apps/payments/services/numbering.py": {
        "_locked": "test_eight_threads_number_forty_documents_without_a_gap",
    },
    "apps/payments/services/payout_steps.py": {
        "lock_payout": "test_a_payment_that_eight_tell_of_at_once_is_booked_once",
    },
    "apps/payments/services/payout_submitting.py": {
        "_claim": "test_two_workers_at_one_payout_send_it_once",
    },
    "apps/payments/services/prepaying.py": {
        "_close_unpaid": "test_a_payment_that_is_held_while_its_order_is_closed_is_one_of_the_two",
        "_lock_live": "test_of_a_purchase_that_is_heard_of_and_one_that_is_undone_at_once_one_waits",
        "note_payment": "test_a_capture_that_six_tell_of_at_once_is_booked_once",
        "order_prepayment": "test_a_payment_in_advance_that_two_order_at_once_has_one_order",
    },
    "apps/payments/services/reconciliation.py": {
        "_keep": "test_a_run_that_sees_it_again_overwrites_no_decision",
        "decide_exception": "test_two_operators_at_one_exception_decide_it_once",
    },
    "apps/payments/services/refunding.py": {
        "_claim": "test_a_refund_that_several_workers_find_is_sent_once",
        "_gone": "test_a_refund_that_two_workers_hear_of_is_booked_once",
        "_lock_stuck": "test_a_refund_that_two_operators_paid_by_the_bank_is_booked_once",
        "_stick": "test_a_refund_that_goes_while_it_is_said_to_be_stuck_waits_and_went",
    },
    "apps/payments/services/settlements.py": {
        "_lock_held": "test_a_line_that_waited_is_posted_once_by_two_that_look_again",
        "accept_settled_fee": "test_a_fee_that_two_operators_accept_is_posted_once",
    },
    "apps/payments/services/statements.py": {
        "record_float": "test_a_bank_line_is_booked_to_the_float_once_by_two_at_once",
    },
    "apps/payments/services/taking.py": {
        "claim_prepayment": "test_money_that_several_jobs_find_due_is_asked_for_once",
        "look_at_released": "test_what_was_let_go_and_is_taken_all_the_same_is_booked_once",
        "take_held": "test_a_capture_that_the_job_and_an_event_bring_at_once_is_booked_once",
    },
    "apps/payments/services/top_ups.py": {
        "_lock_ordered": "test_a_payment_that_sixteen_tell_of_at_once_is_credited_once",
        "order_top_up": "test_a_top_up_that_two_order_at_once_has_one_order",
    },
    "apps/payments/services/validation_answers.py": {
        "lock_validation": (
            "test_an_account_that_its_bank_and_an_operator_verify_at_once_is_verified_by_one",
            "test_a_question_whose_answer_is_being_written_is_looked_for_by_nobody",
        ),
    },
    "apps/payments/services/validation_costs.py": {
        "_book": "test_a_questions_cost_that_two_runs_read_at_once_is_booked_once",
    },
    "apps/payments/services/validation_decisions.py": {
        "ask_bank": "test_two_operators_who_have_a_bank_asked_at_once_ask_it_once",
    },
    "apps/payments/services/validations.py": {
        "_take": "test_two_workers_at_one_question_put_it_once",
    },
    "apps/rides/services/closing.py": {
        "cancel": "test_ending_twice_at_once_releases_the_money_once",
        "expire_overdue": "test_two_workers_expire_different_bookings_and_each_once",
        "void_defrauded": "test_two_workers_void_different_bookings_of_a_fraud_and_each_once",
        "void": "test_of_two_who_end_a_booking_at_once_the_second_is_told_of_the_first",
    },
    "apps/rides/services/outcomes.py": {
        "_lock": "test_a_visit_is_disputed_once",
    },
    "apps/rides/services/scanning.py": {
        "_statement": "test_scans_of_one_booking_queue_on_its_row",
    },
    "apps/rides/services/spoken.py": {
        "_charge": "test_twenty_wrong_codes_at_once_are_five_tries",
    },
    "apps/wallet/services.py": {
        "_lock": "test_a_debt_is_paid_once_by_two_at_once",
        "claim_released": "test_two_sweeps_at_once_return_each_hold_once",
        "freeze": "test_a_freeze_waits_for_the_capture_under_way_so_nothing_leaves_after_it",
    },
    "uma/kernel/crypto/rotation.py": {
        "replace": "test_a_row_that_somebody_holds_is_passed_by_and_nobody_waits",
    },
    "uma/kernel/lease.py": {
        "lease": "test_two_schedulers_run_a_job_once",
    },
}

# The same for functions of the database.
RACES_IN_SQL = {
    "accounts_end_sessions": "test_a_session_that_is_signed_out_while_its_person_leaves_was_signed_out",
    "campaigns_give_back": "test_a_return_and_a_booking_in_opposite_order_need_the_lock",
    "campaigns_take": "test_with_the_lock_two_slow_bookings_of_one_seat_are_one",
    "merchants_keep_an_owner": "test_behind_the_lock_the_database_keeps_an_owner_too",
    "wallet_journal_stamp": "test_reversals_that_meet_nowhere_else_queue_at_the_original",
    "wallet_lock": "test_postings_that_cross_each_other_queue",
    "wallet_post": "test_a_freeze_waits_for_the_capture_under_way_so_nothing_leaves_after_it",
}


def races() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the races of each function, by its file and name."""
    return {
        (path, name): (race,) if isinstance(race, str) else race
        for path, names in RACES.items()
        for name, race in names.items()
    }
