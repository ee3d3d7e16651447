-- Settles one scanned booking in one statement. The caller has locked the booking, checked every rule and
-- priced both cases; the insert of the first visit decides which of the two prices holds, so two bookings
-- of one person scanned at the same moment pay the acquisition fee once. Each app's own function writes
-- that app's rows. Returns whether the customer is new to the merchant.
CREATE FUNCTION handshake_settle(
    p_handshake uuid, p_booking uuid, p_merchant uuid, p_outlet uuid, p_campaign uuid, p_rider uuid,
    p_zone text, p_actor uuid, p_now timestamptz, p_review boolean, p_discount_bps integer,
    p_bill bigint, p_distance integer, p_key text, p_fingerprint bytea,
    p_if_new jsonb, p_if_returning jsonb
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_is_new boolean := public.merchants_record_first_visit(p_merchant, p_rider, p_booking, p_now);
    v_price jsonb := CASE WHEN v_is_new THEN p_if_new ELSE p_if_returning END;
BEGIN
    PERFORM public.rides_redeem(p_booking, p_now);
    INSERT INTO public.handshake_handshake (
        id, booking_id, merchant_id, outlet_id, campaign_id, rider_id, actor_id, zone_code,
        is_new_customer, review, discount_bps, reimbursement_paise, cpt_fee_paise, cpa_fee_paise,
        gst_paise, merchant_debit_paise, released_paise, bill_paise, scan_distance_m,
        request_key, request_fingerprint, created_at
    ) VALUES (
        p_handshake, p_booking, p_merchant, p_outlet, p_campaign, p_rider, p_actor, p_zone,
        v_is_new, p_review, p_discount_bps, (v_price->'amounts'->>0)::bigint,
        (v_price->'amounts'->>1)::bigint, (v_price->'amounts'->>2)::bigint,
        (v_price->'amounts'->>3)::bigint, (v_price->'amounts'->>4)::bigint,
        (v_price->'amounts'->>5)::bigint, p_bill, p_distance, p_key, p_fingerprint, p_now
    );
    -- The money moves last, so that the rider's account is locked for the shortest time.
    PERFORM public.wallet_post(
        p_handshake, 'handshake', 'handshake:' || p_booking, p_zone, p_now, p_actor,
        p_booking, NULL, '', v_price->'legs'
    );
    RETURN v_is_new;
END $$;
