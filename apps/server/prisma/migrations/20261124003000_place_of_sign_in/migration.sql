-- AlterTable
ALTER TABLE "device_session" ADD COLUMN     "country" VARCHAR(2);
