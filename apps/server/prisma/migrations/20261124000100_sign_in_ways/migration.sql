-- AlterTable
ALTER TABLE "app_user" ADD COLUMN     "adult_confirmed_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "pending_sign_up" ADD COLUMN     "adult_confirmed_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "email_change" (
    "user_id" UUID NOT NULL,
    "new_email" VARCHAR(254) NOT NULL,
    "token_hash" BYTEA,
    "token_expires" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "email_change_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "email_undo" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "old_email" VARCHAR(254) NOT NULL,
    "token_hash" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "email_undo_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "google_identity" (
    "user_id" UUID NOT NULL,
    "subject" VARCHAR(255) NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "linked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "google_identity_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "totp_factor" (
    "user_id" UUID NOT NULL,
    "secret_sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "confirmed_at" TIMESTAMPTZ(3),
    "last_step" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "totp_factor_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "recovery_code" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "recovery_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "browser_sign_in" (
    "id" UUID NOT NULL,
    "purpose" VARCHAR(8) NOT NULL,
    "user_id" UUID,
    "session_id" UUID,
    "challenge" VARCHAR(43) NOT NULL,
    "app_state" VARCHAR(128) NOT NULL,
    "redirect_uri" VARCHAR(200),
    "device_name" VARCHAR(80) NOT NULL,
    "device_os" VARCHAR(80) NOT NULL,
    "app_version" VARCHAR(40) NOT NULL,
    "locale" VARCHAR(8) NOT NULL,
    "browser_hash" BYTEA,
    "google_subject" VARCHAR(255),
    "google_email" VARCHAR(254),
    "is_authoritative" BOOLEAN NOT NULL DEFAULT false,
    "confirmed_at" TIMESTAMPTZ(3),
    "code_hash" BYTEA,
    "code_expires" TIMESTAMPTZ(3),
    "code_tries" INTEGER NOT NULL DEFAULT 0,
    "redeemed_at" TIMESTAMPTZ(3),
    "given_session_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "browser_sign_in_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "email_change_token_hash_key" ON "email_change"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "email_undo_token_hash_key" ON "email_undo"("token_hash");

-- CreateIndex
CREATE INDEX "email_undo_old_email_idx" ON "email_undo"("old_email");

-- CreateIndex
CREATE INDEX "email_undo_user_id_idx" ON "email_undo"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "google_identity_subject_key" ON "google_identity"("subject");

-- CreateIndex
CREATE UNIQUE INDEX "recovery_code_code_hash_key" ON "recovery_code"("code_hash");

-- CreateIndex
CREATE INDEX "recovery_code_user_id_idx" ON "recovery_code"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "browser_sign_in_browser_hash_key" ON "browser_sign_in"("browser_hash");

-- CreateIndex
CREATE INDEX "browser_sign_in_user_id_idx" ON "browser_sign_in"("user_id");

-- CreateIndex
CREATE INDEX "browser_sign_in_expires_at_idx" ON "browser_sign_in"("expires_at");

-- AddForeignKey
ALTER TABLE "email_change" ADD CONSTRAINT "email_change_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "email_undo" ADD CONSTRAINT "email_undo_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "google_identity" ADD CONSTRAINT "google_identity_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "totp_factor" ADD CONSTRAINT "totp_factor_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "browser_sign_in" ADD CONSTRAINT "browser_sign_in_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;
