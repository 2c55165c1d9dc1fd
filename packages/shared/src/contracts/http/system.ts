import { z } from 'zod';
import { route } from './route.ts';

export const systemRoutes = {
  'system.info': route({
    method: 'GET',
    path: '/v1/info',
    access: 'public',
    summary: 'What this server is',
    response: z.object({
      name: z.literal('pingplex'),
      version: z.string(),
      /** True when outside services are our own stand-ins; everything they make is labelled. */
      sandbox: z.boolean(),
      /** Page of the local mail sandbox; null outside sandbox mode. */
      mailSandboxUrl: z.string().nullable(),
      /** Sign-in with Google is offered. */
      google: z.boolean().default(false),
    }),
  }),
  'system.live': route({
    method: 'GET',
    path: '/livez',
    access: 'public',
    summary: 'The process runs',
    response: z.object({ ok: z.literal(true) }),
  }),
  'system.ready': route({
    method: 'GET',
    path: '/readyz',
    access: 'public',
    summary: 'Database and queue answer',
    response: z.object({ ok: z.literal(true) }),
  }),
} as const;
