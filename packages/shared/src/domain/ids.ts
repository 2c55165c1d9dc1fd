import { z } from 'zod';

/**
 * Branded identifiers. A `BatchId` can't be passed where an `ItemId` is wanted, although both are strings.
 * Desktop ids are opaque (`[A-Za-z0-9_-]{8,64}`); server ids are UUIDs.
 */
const localId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'not a pingplex id');

export const MediaFileId = localId.brand<'MediaFileId'>();
export type MediaFileId = z.infer<typeof MediaFileId>;
export const RecipeId = localId.brand<'RecipeId'>();
export type RecipeId = z.infer<typeof RecipeId>;
export const BatchId = localId.brand<'BatchId'>();
export type BatchId = z.infer<typeof BatchId>;
export const ItemId = localId.brand<'ItemId'>();
export type ItemId = z.infer<typeof ItemId>;
export const ResultId = localId.brand<'ResultId'>();
export type ResultId = z.infer<typeof ResultId>;

export const UserId = z.uuid().brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;
export const GenerationId = z.uuid().brand<'GenerationId'>();
export type GenerationId = z.infer<typeof GenerationId>;
export const UploadId = z.uuid().brand<'UploadId'>();
export type UploadId = z.infer<typeof UploadId>;

/** Lower-case hexadecimal SHA-256 of a file's bytes. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hex');
/** A whole number of credits, never negative, never a float. */
export const Credits = z.int().min(0).max(1_000_000_000);
