// The API as an OpenAPI 3.1 document, made of the schemas that the functions themselves parse with. `npm run docs` writes it to
// docs/openapi.json, and the API answers it.
import * as z from 'zod'
import { own } from '../../core/own.ts'
import type { ProblemCode } from '../../core/problem.ts'
import { retryAfterSeconds, statusOf } from '../../core/problem-status.ts'
import { ServiceName } from '../../core/service/service.ts'
import { ReleaseId } from '../orders/order.ts'
import { orderAnswers, parts, readingAnswers } from './answers.ts'
import { bodyOf, problemsOf } from './calls.ts'

export type DescribedRoute = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly name: string
  readonly verb: string
  /** Fields of a body that the route says. */
  readonly says?: Readonly<Record<string, unknown>> | undefined
}

type Shape = Readonly<Record<string, unknown>>

export function openApi(routes: readonly DescribedRoute[]): Shape {
  const { paths, responses } = named(routes)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidegate',
      version: '1',
      description:
        'Orders to the release controller, and what it knows. Every request is signed with Signature Version 4 for the service `execute-api`; each route is a right of its own (IAM). Answers may get more fields. Durations are a whole number and `s`, `m`, `h` or `d`; times are milliseconds since 1970.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // The address of the API is an output of the stack.
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths,
    components: {
      securitySchemes: {
        sigv4: {
          ...{ type: 'apiKey', name: 'Authorization', in: 'header' },
          'x-amazon-apigateway-authtype': 'awsSigv4',
          description: 'AWS Signature Version 4, service execute-api, in the region of the API.',
        },
      },
      schemas: { ...answerSchemas(), Problem: problem, Refusal: refusal },
      responses,
    },
  }
}

/** Refusals that several routes have in common stand once, by a name. */
function named(routes: readonly DescribedRoute[]): { readonly paths: Shape; readonly responses: Shape } {
  const responses = new Map<string, Shape>()
  const nameOf = (status: string, refused: Shape): string => {
    const text = JSON.stringify(refused)
    const free = (count: number): string => {
      const name = `Status${status}${count === 1 ? '' : `-${count}`}`
      const known = responses.get(name)
      return known === undefined || JSON.stringify(known) === text ? name : free(count + 1)
    }
    return free(1)
  }
  const paths = routes.map((route) => {
    const refused = Object.entries(refusalsOf(route)).map(([status, refusal]) => {
      const name = nameOf(status, refusal)
      responses.set(name, refusal)
      return [status, { $ref: `#/components/responses/${name}` }]
    })
    const operation = operationOf(route, Object.fromEntries(refused) as Shape)
    return [route.path, { [route.method.toLowerCase()]: operation }]
  })
  return { paths: Object.fromEntries(paths) as Shape, responses: Object.fromEntries(responses) }
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: Shape) => ({ content: { 'application/json': { schema } } })

function operationOf(route: DescribedRoute, refused: Shape): Shape {
  const { method, name } = route
  return {
    operationId: name,
    summary: own(summaries, name) ?? name.replaceAll('-', ' '),
    tags: [method === 'GET' ? 'reading' : 'orders'],
    parameters: [...pathParametersOf(route), ...(method === 'GET' ? (own(queries, name) ?? []) : [idempotencyKey])],
    ...(method === 'GET' ? {} : { requestBody: requestBodyOf(route) }),
    responses: { ...successOf(route), ...refused },
  }
}

const pathParametersOf = ({ path, verb }: DescribedRoute) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true },
    ...own(pathWords, name === 'service' && verb === 'incident' ? 'affected' : name),
  }))
const pathWords: Readonly<Record<string, { readonly schema: unknown; readonly description: string }>> = {
  service: { schema: schemaOf(ServiceName), description: 'The name of the service.' },
  affected: { schema: { type: 'string' }, description: 'The name of the service, or one of its `incidents.keys`.' },
  release: { schema: schemaOf(ReleaseId), description: 'The id of a release of that service.' },
  code: { schema: { type: 'string' }, description: 'The `code` of a problem.' },
}
function schemaOf(form: z.ZodType): Shape {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io: 'input' })
  return schema
}

const inQuery = (name: string, schema: Shape, description: string) => ({ name, in: 'query', schema, description })
const pages = [
  inQuery('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }, 'How many, at most.'),
  inQuery('next', { type: 'string' }, 'The `next` of the answer before.'),
]
const queries: Readonly<Record<string, readonly Shape[]>> = {
  services: pages,
  releases: pages,
  observed: pages,
  open: pages,
  events: [
    ...pages,
    inQuery(
      'wait',
      { type: 'integer', minimum: 0, maximum: 20 },
      'Seconds to wait for an event if there is none yet; 0, or 10 for an event stream.',
    ),
    {
      ...{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string', pattern: '^[0-9]{1,5}$' } },
      description: 'The events after this one. An EventSource sends it.',
    },
  ],
}

const idempotencyKey = {
  ...{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', pattern: '^[!#-~]{1,255}$' } },
  description:
    'The same key for the same route and body does something once, and gets the same answer for a day. A refused request is not kept.',
}

const summaries: Readonly<Record<string, string>> = {
  services: 'Every service, with the release that is live',
  service: 'One service: definition, live release, where its traffic is, error budgets, stopped line',
  releases: 'The releases of a service, newest first',
  observed: 'Shifts that others made of an observed service, newest first, and what Tidegate would have done',
  release: 'One release: its state, and the verdict of the last look',
  events: 'The log of a release, in order; as `text/event-stream`, what comes',
  open: 'Releases under way, and those that wait',
  line: 'Where the line is stopped',
  problem: 'What to do about a problem',
  openapi: 'This document',
}

/** What the route or the signature says is no field of the body. */
function requestBodyOf(route: DescribedRoute): Shape {
  const shape = z.toJSONSchema(bodyOf(route), { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, unknown>
    required?: readonly string[]
  }
  const { $schema: _, ...body } = shape as Record<string, unknown>
  const said = ['by', 'service', ...Object.keys(route.says ?? {})]
  const isSaid = (field: string): boolean => said.includes(field) || (field === 'all' && route.verb.endsWith('Line'))
  const properties = Object.fromEntries(Object.entries(shape.properties ?? {}).filter(([field]) => !isSaid(field)))
  const required = (shape.required ?? []).filter((field) => !isSaid(field))
  const { required: _required, ...rest } = body
  return {
    required: required.length > 0,
    ...json({ ...rest, properties, ...(required.length === 0 ? {} : { required }) }),
  }
}

/** Each form has one name, of its own or of the first route that answers with it. */
const namesOfForms = new Map<z.ZodType, string>()
for (const [name, form] of Object.entries(parts)) namesOfForms.set(form, name)
for (const [key, form] of [...Object.entries(orderAnswers), ...Object.entries(readingAnswers)])
  if (!namesOfForms.has(form)) namesOfForms.set(form, `${key.charAt(0).toUpperCase()}${key.slice(1)}Answer`)

function formOf({ method, name, verb }: DescribedRoute): Shape {
  const form = method === 'GET' ? own(readingAnswers, name) : (own(orderAnswers, name) ?? own(orderAnswers, verb))
  const known = form && namesOfForms.get(form)
  if (known === undefined) throw new Error(`the route ${name} has no form of an answer`)
  return ref(known)
}

function successOf(route: DescribedRoute): Shape {
  const schema = formOf(route)
  if (route.name !== 'events') return { 200: { description: 'Done.', ...json(schema) } }
  const stream = { 'text/event-stream': { schema: { type: 'string' } } }
  return {
    200: {
      description: 'Events. In a stream, `id` is the number of the event, and `data` is the event as JSON.',
      content: { ...json(schema).content, ...stream },
    },
    204: { description: 'Of a stream: the release is settled, and no event comes any more. Do not ask again.' },
  }
}

/** By status: our problems, and what API Gateway says itself. */
function refusalsOf(route: DescribedRoute): Readonly<Record<string, Shape>> {
  const byStatus = Map.groupBy(problemsOf(route), statusOf)
  for (const status of Object.keys(gatewayWords).map(Number)) if (!byStatus.has(status)) byStatus.set(status, [])
  return Object.fromEntries(
    [...byStatus].toSorted(([a], [b]) => a - b).map(([status, codes]) => [status, refusalOf(status, codes)]),
  )
}

function refusalOf(status: number, codes: readonly ProblemCode[]): Shape {
  const words = own(gatewayWords, String(status))
  if (codes.length === 0) return { description: `From API Gateway: ${words ?? ''}`, ...json(ref('Refusal')) }
  const problem = {
    'application/problem+json': { schema: { allOf: [ref('Problem'), { properties: { code: { enum: codes } } }] } },
  }
  const retry = codes.some((code) => retryAfterSeconds(code) !== undefined)
  return {
    description: `${codes.map((code) => `\`${code}\``).join(', ')}.${words === undefined ? '' : ` Or from API Gateway: ${words}`}`,
    content: { ...problem, ...(words === undefined ? {} : json(ref('Refusal')).content) },
    ...(retry ? { headers: { 'Retry-After': retryAfter } } : {}),
  }
}

const retryAfter = { schema: { type: 'integer' }, description: 'Seconds until another try is worth it.' }

/** What API Gateway answers without asking us (docs/aws.md §13). */
const gatewayWords: Readonly<Record<string, string>> = {
  403: 'the signature is not valid, or its caller has no right to the route.',
  404: 'there is no such route.',
  413: 'the body has more than 10 MB.',
  429: 'too many requests at once.',
  431: 'the headers have more than 10,240 bytes.',
  500: 'the function failed.',
  503: 'the function did not answer within 29 seconds.',
}
const refusal = {
  type: 'object',
  description: 'What API Gateway says itself.',
  properties: { message: { type: ['string', 'null'] } },
}
const problem = {
  type: 'object',
  description: 'RFC 9457.',
  required: ['type', 'status', 'title', 'detail', 'code', 'fix', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: 'Where the API tells of this kind of problem.' },
    status: { type: 'integer' },
    title: { type: 'string', description: 'The code, in words.' },
    detail: { type: 'string', description: 'What happened, in a sentence.' },
    code: { type: 'string', description: 'Stable: decide by it.' },
    fix: { type: 'string', description: 'What to do.' },
    requestId: { type: 'string', description: 'By which the log lines of the function are found.' },
  },
}

/** By name. */
function answerSchemas(): Shape {
  const registry = z.registry<{ readonly id: string }>()
  for (const [form, id] of namesOfForms) registry.add(form, { id })
  const { schemas } = z.toJSONSchema(registry, {
    ...{ io: 'output', unrepresentable: 'any', uri: (id) => `#/components/schemas/${id}` },
    override: ({ jsonSchema }) => {
      // Whoever reads an answer must expect more fields.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: _id, ...schema }]) => [id, schema]))
}
