-- What the schema language can't say about payments. Every rule here holds whatever code runs against the database.

ALTER TABLE "purchase"
  ADD CONSTRAINT purchase_kind CHECK (kind IN ('pack', 'plan', 'change')),
  ADD CONSTRAINT purchase_state CHECK (state IN ('created', 'open', 'pending', 'paid', 'failed', 'expired', 'canceled', 'review')),
  ADD CONSTRAINT purchase_amounts CHECK (amount > 0 AND credits > 0),
  ADD CONSTRAINT purchase_change CHECK ((kind = 'change') = (subscription_id IS NOT NULL));

ALTER TABLE "subscription"
  ADD CONSTRAINT subscription_status CHECK (status IN ('active', 'grace', 'paused', 'ended')),
  ADD CONSTRAINT subscription_over CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
  ADD CONSTRAINT subscription_period CHECK (period_end >= period_start);

-- At most one running subscription, over all processors.
CREATE UNIQUE INDEX subscription_live ON "subscription" (user_id) WHERE status <> 'ended';

ALTER TABLE "payment"
  ADD CONSTRAINT payment_kind CHECK (kind IN ('pack', 'period')),
  ADD CONSTRAINT payment_state CHECK (state IN ('paid', 'duplicate', 'review')),
  ADD CONSTRAINT payment_amounts CHECK (amount >= 0 AND credits >= 0 AND months > 0 AND refunded >= 0),
  ADD CONSTRAINT payment_granted CHECK (months_granted BETWEEN 0 AND months AND granted >= 0 AND withheld >= 0
    AND granted + withheld <= credits * months);

ALTER TABLE "refund"
  ADD CONSTRAINT refund_state CHECK (state IN ('wanted', 'pending', 'succeeded', 'failed')),
  ADD CONSTRAINT refund_amounts CHECK (amount > 0 AND credits >= 0 AND withheld >= 0);

ALTER TABLE "dispute"
  ADD CONSTRAINT dispute_status CHECK (status IN ('inquiry', 'open', 'won', 'lost')),
  ADD CONSTRAINT dispute_over CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL));

ALTER TABLE "webhook_inbox" ADD CONSTRAINT webhook_inbox_state CHECK (state IN ('new', 'done', 'ignored', 'failed'));

CREATE INDEX payment_months_due ON "payment" (period_start) WHERE state = 'paid' AND months_granted < months;
CREATE INDEX webhook_inbox_waiting ON "webhook_inbox" (received_at) WHERE state = 'new';
CREATE INDEX subscription_ending ON "subscription" (id) WHERE end_wanted;

-- The ledger learns to give back what a refund took that failed in the end.
ALTER TABLE "ledger_txn" DROP CONSTRAINT ledger_txn_kind;
ALTER TABLE "ledger_txn" ADD CONSTRAINT ledger_txn_kind CHECK (kind IN
  ('grant', 'hold', 'capture', 'release', 'expire', 'freeze', 'unfreeze', 'clawback', 'restore', 'compensate', 'adjust'));
