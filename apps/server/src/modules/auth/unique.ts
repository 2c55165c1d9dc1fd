import { Prisma } from '../../db/generated/client.ts';

/** True when a unique index refused the row: somebody else was first. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
