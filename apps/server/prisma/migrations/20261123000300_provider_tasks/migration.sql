-- Providers that work on tasks: when the next look is due, how many looks there were, and how long a film or sound is.
ALTER TABLE "generation" ADD COLUMN "poll_at" TIMESTAMPTZ(3);
ALTER TABLE "attempt" ADD COLUMN "polls" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "generation_result" ADD COLUMN "duration_ms" INTEGER;
CREATE INDEX generation_poll_due ON "generation" (poll_at) WHERE poll_at IS NOT NULL;
