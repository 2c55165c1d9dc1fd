import { randomBytes } from 'node:crypto';
import { BatchId, type ItemId, RecipeId, ResultId } from '@pingplex/shared/domain';

/** 80 random bits in hex: no dash or underscore, so that an id can be told from what follows it in a temporary name. */
const random = (): string => randomBytes(10).toString('hex');

export const newBatchId = (): BatchId => BatchId.parse(random());
export const newItemId = (): ItemId => random() as ItemId;
export const newRecipeId = (): RecipeId => RecipeId.parse(random());
export const newResultId = (): ResultId => ResultId.parse(random());
