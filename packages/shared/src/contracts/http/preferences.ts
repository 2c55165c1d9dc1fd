import { z } from 'zod';
import { ConflictRule } from '../../domain/recipe.ts';
import { route } from './route.ts';

/** Choices that follow a person from one computer to the next. What concerns one computer only (folders, server, panels) stays there. */
export const Preferences = z
  .strictObject({
    theme: z.enum(['system', 'light', 'dark']),
    language: z.enum(['system', 'en', 'ru']),
    view: z.enum(['grid', 'table']),
    gridSize: z.int().min(100).max(400),
    template: z.string().min(1).max(300),
    conflict: ConflictRule,
    keepTree: z.boolean(),
  })
  .partial();
export type Preferences = z.infer<typeof Preferences>;

const Answer = z.object({ values: Preferences });

export const preferenceRoutes = {
  'account.getPreferences': route({
    method: 'GET',
    path: '/v1/account/preferences',
    access: 'user',
    summary: 'Choices that follow you; empty until one was made',
    response: Answer,
  }),
  'account.changePreferences': route({
    method: 'PATCH',
    path: '/v1/account/preferences',
    access: 'user',
    summary: 'Change some of them; for each the last writer wins',
    body: Preferences,
    response: Answer,
  }),
} as const;
