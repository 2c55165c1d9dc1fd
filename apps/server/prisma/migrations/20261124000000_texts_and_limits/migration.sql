-- Texts that are written live, sounds as sources, limits and a catalogue that the operator changes.
-- AlterTable
ALTER TABLE "attempt" ADD COLUMN     "tokens_in" INTEGER,
ADD COLUMN     "tokens_out" INTEGER;

-- AlterTable
ALTER TABLE "generation" ADD COLUMN     "is_partial" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "live_text" TEXT;

-- AlterTable
ALTER TABLE "provider_state" ADD COLUMN     "per_minute" INTEGER,
ADD COLUMN     "slots" INTEGER,
ADD COLUMN     "tokens" DOUBLE PRECISION,
ADD COLUMN     "tokens_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "duration_ms" INTEGER;

-- CreateTable
CREATE TABLE "catalogue_change" (
    "id" TEXT NOT NULL,
    "change" JSONB NOT NULL,
    "changed_by" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "catalogue_change_pkey" PRIMARY KEY ("id")
);
