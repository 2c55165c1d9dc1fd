import { HTTP_ROUTES, type HttpRouteId, Problem, type Route } from '@pingplex/shared/contracts/http';
import { z } from 'zod';
import type { RawOperation, RawRoute } from './handlers.ts';

type Json = Record<string, unknown>;
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
};

const OWN: RawRoute['operations'] = {
  GET: { id: 'system.openApi', summary: 'This document', responses: { 200: { description: 'OpenAPI 3.1', type: 'application/json' } } },
};

/** `GET /openapi.json`: OpenAPI 3.1 of every route, made from the schemas that check the requests and from what raw routes say of themselves. */
export function openApiRoute(version: string, raw: readonly RawRoute[]): RawRoute {
  const described: Pick<RawRoute, 'operations' | 'path' | 'access'>[] = [
    ...raw,
    { operations: OWN, path: '/openapi.json', access: 'public' },
  ];
  const text = JSON.stringify(openApiDocument(version, described));
  return {
    operations: OWN,
    path: '/openapi.json',
    access: 'public',
    handle: (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.type('application/json').send(text);
    },
  };
}

/** The document itself. */
function openApiDocument(version: string, raw: readonly Pick<RawRoute, 'operations' | 'path' | 'access'>[]): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries(HTTP_ROUTES) as [HttpRouteId, Route][]) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route) };
  }
  for (const route of raw) {
    const path = templateOf(route.path);
    for (const [method, described] of Object.entries(route.operations)) {
      paths[path] = { ...paths[path], [method.toLowerCase()]: rawOperation(described, route) };
    }
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

/** Express' `:name` as OpenAPI's `{name}`. */
const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

const securityOf = (access: string): Json[] => (access === 'public' ? [] : [{ accessToken: [] }]);

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
    security: securityOf(route.access),
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

const TEXT = { type: 'string' };

function rawOperation(of: RawOperation, route: Pick<RawRoute, 'path' | 'access'>): Json {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { ...TEXT, format: 'uuid' },
  }));
  const inHeader = Object.entries(of.requestHeaders ?? {}).map(([name, { description, required = false }]) => ({
    name,
    in: 'header',
    required,
    description,
    schema: TEXT,
  }));
  const parameters = [...inPath, ...inHeader];
  const responses = Object.entries(of.responses).map(([status, { description, type, headers }]) => [
    status,
    {
      description,
      ...(type === undefined ? {} : { content: { [type]: { schema: TEXT } } }),
      ...(headers === undefined
        ? {}
        : { headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, { description: text, schema: TEXT }])) }),
    },
  ]);
  return {
    operationId: of.id,
    summary: of.summary,
    tags: [of.id.split('.')[0]],
    security: securityOf(route.access),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(of.requestType === undefined ? {} : { requestBody: { required: true, content: { [of.requestType]: { schema: TEXT } } } }),
    responses: { ...Object.fromEntries(responses), default: { $ref: '#/components/responses/Problem' } },
  };
}
