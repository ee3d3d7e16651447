-- The limit: a scan's whole work inside the server, one round trip, for pgbench. Bench only.
CREATE UNLOGGED TABLE bench_scan (n integer PRIMARY KEY, ref text NOT NULL, actor uuid NOT NULL);

CREATE FUNCTION bench_legs(p_booking rides_booking, p_cpa bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    b rides_booking := p_booking;
    held text := 'merchant:' || b.merchant_id || ':held';
    zone text := 'zone:' || b.zone_code || ':';
    half bigint := round(b.cpt_fee_paise * b.gst_bps / 20000.0) + round(p_cpa * b.gst_bps / 20000.0);
    released bigint := b.max_cost_paise - b.cap_paise - b.cpt_fee_paise - p_cpa - 2 * half;
    legs jsonb;
BEGIN
    legs := jsonb_build_array(
        jsonb_build_array(uuidv7(), held, 'rider:' || b.rider_id || ':wallet', b.cap_paise),
        jsonb_build_array(uuidv7(), held, zone || 'cpt', b.cpt_fee_paise),
        jsonb_build_array(uuidv7(), held, zone || 'gst_cgst', half),
        jsonb_build_array(uuidv7(), held, zone || 'gst_sgst', half));
    IF p_cpa > 0 THEN
        legs := legs || jsonb_build_array(jsonb_build_array(uuidv7(), held, zone || 'cpa', p_cpa));
    END IF;
    IF released > 0 THEN
        legs := legs || jsonb_build_array(jsonb_build_array(
            uuidv7(), held, 'merchant:' || b.merchant_id || ':released', released));
    END IF;
    RETURN jsonb_build_object('legs', legs, 'amounts', jsonb_build_array(
        b.cap_paise, b.cpt_fee_paise, p_cpa, 2 * half,
        b.cap_paise + b.cpt_fee_paise + p_cpa + 2 * half, released));
END $$;

-- With `p_lock_merchant` the merchant's wallet is locked at the scan, as a design does that holds no
-- money at the booking.
CREATE FUNCTION bench_settle(p_n integer, p_lock_merchant boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    s bench_scan;
    b rides_booking;
    v_status text;
    v_role text;
    v_at_work boolean;
BEGIN
    SELECT * INTO s FROM bench_scan WHERE n = p_n;
    IF NOT FOUND THEN RETURN NULL; END IF;
    SELECT * INTO b FROM rides_booking WHERE ref = s.ref FOR NO KEY UPDATE;
    SELECT m.status, w.role, r.id IS NOT NULL INTO v_status, v_role, v_at_work
      FROM merchants_merchant m
      JOIN merchants_outlet o ON o.id = b.outlet_id
      LEFT JOIN merchants_staff w ON w.merchant_id = m.id AND w.is_active AND w.user_id = s.actor
      LEFT JOIN merchants_staff r ON r.merchant_id = m.id AND r.is_active AND r.user_id = b.rider_id
     WHERE m.id = b.merchant_id;
    IF v_role IS NULL OR v_status <> 'ACTIVE' OR v_at_work OR b.expires_at <= now() THEN
        RAISE EXCEPTION 'bench: this scan should have been possible';
    END IF;
    IF b.state <> 'BOOKED' THEN
        RETURN (SELECT is_new_customer FROM handshake_handshake WHERE booking_id = b.id);
    END IF;
    IF p_lock_merchant THEN
        PERFORM 1 FROM wallet_account WHERE code = 'merchant:' || b.merchant_id || ':wallet'
            FOR NO KEY UPDATE;
    END IF;
    RETURN handshake_settle(
        uuidv7(), b.id, b.merchant_id, b.outlet_id, b.campaign_id, b.rider_id, b.zone_code,
        s.actor, clock_timestamp(), false, b.discount_bps, NULL, NULL, 'bench-' || b.ref,
        sha256(b.ref::bytea), bench_legs(b, b.cpa_fee_paise), bench_legs(b, 0));
END $$;
