import { HTTP_ROUTES, type HttpRouteId, Problem, type Route } from '@pingplex/shared/contracts/http';
import { z } from 'zod';
import type { RawRoute } from './handlers.ts';

type Json = Record<string, unknown>;
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
};

/** `GET /openapi.json`: OpenAPI 3.1 of every route of the contract, made from the same schemas that check the requests. */
export function openApiRoute(version: string): RawRoute {
  const text = JSON.stringify(openApiDocument(version));
  return {
    methods: ['GET'],
    path: '/openapi.json',
    access: 'public',
    handle: (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.type('application/json').send(text);
    },
  };
}

/** The document itself. */
function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(HTTP_ROUTES) as [HttpRouteId, Route][]) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'pingplex server', version },
    paths,
    components: {
      schemas: { Problem: schemaOf(Problem, 'output') },
      responses: {
        Problem: { description: 'Refused', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
      },
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(id: string, route: Route): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  if (route.idempotent)
    parameters.push({ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', format: 'uuid' } });
  const body = schemaOf(route.body, 'input');
  const hasBody = Object.keys((body['properties'] as Json | undefined) ?? {}).length > 0;
  return {
    operationId: id,
    summary: route.summary,
    tags: [id.split('.')[0]],
    security: route.access === 'public' ? [] : [{ accessToken: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(hasBody ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [route.status]: { description: 'Done', content: { 'application/json': { schema: schemaOf(route.response, 'output') } } },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: value,
  }));
}
