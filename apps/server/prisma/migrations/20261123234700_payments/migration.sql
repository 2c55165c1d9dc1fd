-- CreateTable
CREATE TABLE "billing_customer" (
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,

    CONSTRAINT "billing_customer_pkey" PRIMARY KEY ("user_id","processor")
);

-- CreateTable
CREATE TABLE "purchase" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "client_key" UUID NOT NULL,
    "body_hash" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "credits" INTEGER NOT NULL,
    "processor" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'created',
    "external_id" TEXT,
    "url" TEXT,
    "failure" TEXT,
    "subscription_id" UUID,
    "expires_at" TIMESTAMPTZ(3),
    "next_check_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "purchase_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "credits" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(3) NOT NULL,
    "period_end" TIMESTAMPTZ(3) NOT NULL,
    "cancel_at" TIMESTAMPTZ(3),
    "next_offer_id" TEXT,
    "has_problem" BOOLEAN NOT NULL DEFAULT false,
    "problem_url" TEXT,
    "next_attempt_at" TIMESTAMPTZ(3),
    "end_wanted" BOOLEAN NOT NULL DEFAULT false,
    "end_reason" TEXT,
    "checked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "subscription_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "source_key" TEXT NOT NULL,
    "charge_ref" TEXT,
    "kind" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "purchase_id" UUID,
    "subscription_id" UUID,
    "amount" INTEGER NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "credits" INTEGER NOT NULL,
    "months" INTEGER NOT NULL,
    "months_granted" INTEGER NOT NULL DEFAULT 0,
    "granted" INTEGER NOT NULL DEFAULT 0,
    "withheld" INTEGER NOT NULL DEFAULT 0,
    "refunded" INTEGER NOT NULL DEFAULT 0,
    "state" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(3),
    "period_end" TIMESTAMPTZ(3),
    "document_url" TEXT,
    "paid_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refund" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "external_id" TEXT,
    "amount" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "credits" INTEGER NOT NULL DEFAULT 0,
    "withheld" INTEGER NOT NULL DEFAULT 0,
    "initiator" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "wish_key" TEXT NOT NULL,
    "failure" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dispute" (
    "id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "due_by" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_inbox" (
    "id" UUID NOT NULL,
    "processor" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "object_type" TEXT,
    "object_id" TEXT,
    "body" BYTEA,
    "state" TEXT NOT NULL DEFAULT 'new',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_inbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing_alert" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "ref" TEXT NOT NULL,
    "user_id" UUID,
    "details" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "note" TEXT,

    CONSTRAINT "billing_alert_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "billing_cursor" (
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "billing_cursor_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "billing_customer_processor_external_id_key" ON "billing_customer"("processor", "external_id");

-- CreateIndex
CREATE INDEX "purchase_next_check_at_idx" ON "purchase"("next_check_at");

-- CreateIndex
CREATE INDEX "purchase_subscription_id_idx" ON "purchase"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "purchase_user_id_client_key_key" ON "purchase"("user_id", "client_key");

-- CreateIndex
CREATE UNIQUE INDEX "purchase_processor_external_id_key" ON "purchase"("processor", "external_id");

-- CreateIndex
CREATE INDEX "subscription_user_id_created_at_idx" ON "subscription"("user_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_processor_external_id_key" ON "subscription"("processor", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_source_key_key" ON "payment"("source_key");

-- CreateIndex
CREATE INDEX "payment_processor_charge_ref_idx" ON "payment"("processor", "charge_ref");

-- CreateIndex
CREATE INDEX "payment_user_id_paid_at_idx" ON "payment"("user_id", "paid_at");

-- CreateIndex
CREATE INDEX "payment_subscription_id_idx" ON "payment"("subscription_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_processor_external_id_key" ON "payment"("processor", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "refund_wish_key_key" ON "refund"("wish_key");

-- CreateIndex
CREATE INDEX "refund_payment_id_idx" ON "refund"("payment_id");

-- CreateIndex
CREATE INDEX "refund_state_idx" ON "refund"("state");

-- CreateIndex
CREATE UNIQUE INDEX "refund_processor_external_id_key" ON "refund"("processor", "external_id");

-- CreateIndex
CREATE INDEX "dispute_payment_id_idx" ON "dispute"("payment_id");

-- CreateIndex
CREATE UNIQUE INDEX "dispute_processor_external_id_key" ON "dispute"("processor", "external_id");

-- CreateIndex
CREATE INDEX "webhook_inbox_processor_object_id_idx" ON "webhook_inbox"("processor", "object_id");

-- CreateIndex
CREATE INDEX "webhook_inbox_state_received_at_idx" ON "webhook_inbox"("state", "received_at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_inbox_processor_dedupe_key_key" ON "webhook_inbox"("processor", "dedupe_key");

-- CreateIndex
CREATE INDEX "billing_alert_resolved_at_idx" ON "billing_alert"("resolved_at");

-- CreateIndex
CREATE UNIQUE INDEX "billing_alert_kind_ref_key" ON "billing_alert"("kind", "ref");

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dispute" ADD CONSTRAINT "dispute_payment_id_fkey" FOREIGN KEY ("payment_id") REFERENCES "payment"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
