ALTER TABLE "charge"
  ADD CONSTRAINT charge_state CHECK (state IN ('started', 'pending', 'succeeded', 'failed')),
  ADD CONSTRAINT charge_amounts CHECK (amount > 0 AND credits > 0 AND attempt_no > 0);

-- A period is charged once: two schedulers that start together make one row.
CREATE UNIQUE INDEX charge_once ON "charge" (subscription_id, period_start) WHERE state <> 'failed';
