-- What the schema language can't say about money. Every rule here holds whatever code runs against the database.

ALTER TABLE "wallet"
  ADD CONSTRAINT wallet_not_negative CHECK (available >= 0 AND held >= 0 AND frozen >= 0 AND debt >= 0);

ALTER TABLE "credit_grant"
  ADD CONSTRAINT credit_grant_kind CHECK (kind IN ('subscription', 'pack', 'promo', 'trial', 'returned', 'adjust')),
  ADD CONSTRAINT credit_grant_amounts CHECK (amount > 0 AND available >= 0 AND held >= 0 AND frozen >= 0),
  ADD CONSTRAINT credit_grant_within CHECK (available + held + frozen <= amount);

ALTER TABLE "hold"
  ADD CONSTRAINT hold_state CHECK (state IN ('open', 'captured', 'released')),
  ADD CONSTRAINT hold_amount CHECK (amount > 0 AND captured >= 0 AND captured <= amount),
  ADD CONSTRAINT hold_captured_only_when CHECK (captured = 0 OR state = 'captured'),
  ADD CONSTRAINT hold_resolved_when CHECK ((state = 'open') = (resolved_at IS NULL));

ALTER TABLE "hold_line" ADD CONSTRAINT hold_line_amount CHECK (amount > 0);

ALTER TABLE "ledger_txn"
  ADD CONSTRAINT ledger_txn_kind CHECK (kind IN
    ('grant', 'hold', 'capture', 'release', 'expire', 'freeze', 'unfreeze', 'clawback', 'compensate', 'adjust'));

ALTER TABLE "ledger_entry"
  ADD CONSTRAINT ledger_entry_amount CHECK (amount <> 0),
  ADD CONSTRAINT ledger_entry_account CHECK (account IN
    ('available', 'held', 'frozen', 'debt', 'spent', 'expired', 'clawed_back', 'adjusted')
    OR account ~ '^issued:(subscription|pack|promo|trial|returned|adjust)$'),
  ADD CONSTRAINT ledger_entry_owner CHECK ((account IN ('available', 'held', 'frozen', 'debt')) <= (user_id IS NOT NULL)),
  -- Credits on hand always lie on a grant; only debt may have none.
  ADD CONSTRAINT ledger_entry_grant CHECK ((account IN ('available', 'held', 'frozen')) <= (grant_id IS NOT NULL));

ALTER TABLE "generation"
  ADD CONSTRAINT generation_state CHECK (state IN
    ('queued', 'submitting', 'submitted', 'running', 'unknown', 'storing', 'succeeded', 'failed', 'canceled')),
  ADD CONSTRAINT generation_over CHECK ((state IN ('succeeded', 'failed', 'canceled')) = (finished_at IS NOT NULL)),
  ADD CONSTRAINT generation_positive CHECK (units > 0 AND credits > 0);

ALTER TABLE "lane" ADD CONSTRAINT lane_counts CHECK (running >= 0 AND queued >= 0 AND max_running > 0 AND weight > 0);

-- A transaction of the ledger has at least two entries and they add up to zero. Checked at COMMIT, when all are there.
CREATE FUNCTION ledger_sum_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  txn uuid;
  total numeric;
  lines bigint;
BEGIN
  IF TG_TABLE_NAME = 'ledger_txn' THEN txn := NEW.id; ELSE txn := NEW.txn_id; END IF;
  SELECT coalesce(sum(amount), 0), count(*) INTO total, lines FROM ledger_entry WHERE txn_id = txn;
  IF total <> 0 OR lines < 2 THEN
    RAISE EXCEPTION 'ledger transaction % has % entries that add up to %', txn, lines, total USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_txn_sum_zero AFTER INSERT ON "ledger_txn"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sum_zero();
CREATE CONSTRAINT TRIGGER ledger_entry_sum_zero AFTER INSERT ON "ledger_entry"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sum_zero();

-- The ledger is only ever added to. Mistakes are mended by a new transaction that mirrors the old one.
CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_txn_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_txn"
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();

-- Partial indexes: the rows that matter are few among many finished ones.
CREATE INDEX credit_grant_live ON "credit_grant" (user_id) WHERE available > 0 OR held > 0 OR frozen > 0;
CREATE INDEX generation_waiting ON "generation" (user_id, provider, created_at) WHERE state = 'queued';
CREATE INDEX generation_unfinished ON "generation" (deadline_at) WHERE finished_at IS NULL;
