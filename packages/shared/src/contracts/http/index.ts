import { authRoutes } from './auth.ts';
import { billingRoutes } from './billing.ts';
import { generationRoutes } from './generations.ts';
import { planRoutes } from './plans.ts';
import { preferenceRoutes } from './preferences.ts';
import { systemRoutes } from './system.ts';
import { walletRoutes } from './wallet.ts';

export * from './auth.ts';
export * from './billing.ts';
export * from './events.ts';
export * from './generations.ts';
export * from './plans.ts';
export * from './preferences.ts';
export * from './route.ts';
export * from './system.ts';
export * from './wallet.ts';

/** Every JSON endpoint of the server, by id. */
export const HTTP_ROUTES = {
  ...systemRoutes,
  ...authRoutes,
  ...preferenceRoutes,
  ...walletRoutes,
  ...planRoutes,
  ...billingRoutes,
  ...generationRoutes,
} as const;
export type HttpRouteId = keyof typeof HTTP_ROUTES;
