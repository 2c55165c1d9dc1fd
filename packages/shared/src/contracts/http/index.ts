import { authRoutes } from './auth.ts';
import { generationRoutes } from './generations.ts';
import { systemRoutes } from './system.ts';
import { walletRoutes } from './wallet.ts';

export * from './auth.ts';
export * from './events.ts';
export * from './generations.ts';
export * from './route.ts';
export * from './system.ts';
export * from './wallet.ts';

/** Every JSON endpoint of the server, by id. */
export const HTTP_ROUTES = { ...systemRoutes, ...authRoutes, ...walletRoutes, ...generationRoutes } as const;
export type HttpRouteId = keyof typeof HTTP_ROUTES;
