-- AlterTable
ALTER TABLE "subscription" ADD COLUMN     "method" TEXT,
ADD COLUMN     "method_label" TEXT,
ADD COLUMN     "pending_method" TEXT;

-- CreateTable
CREATE TABLE "charge" (
    "id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "credits" INTEGER NOT NULL,
    "method" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(3) NOT NULL,
    "attempt_no" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'started',
    "external_id" TEXT,
    "failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "charge_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "charge_subscription_id_period_start_idx" ON "charge"("subscription_id", "period_start");

-- CreateIndex
CREATE INDEX "charge_state_idx" ON "charge"("state");

-- CreateIndex
CREATE UNIQUE INDEX "charge_processor_external_id_key" ON "charge"("processor", "external_id");
