// Generates docs/reference.md and the JSON Schemas from the schemas and tables that the program itself uses, so that they always
// agree.
import { writeFileSync } from 'node:fs'
import * as z from 'zod'
import { details } from '../core/release/announcement.ts'
import { budgetDetails } from '../core/budget/news.ts'
import { AttestCall } from '../core/gate/attest-call.ts'
import { BundleCall } from '../core/gate/statement.ts'
import { outcomes, ReleaseEvent } from '../core/release/event.ts'
import { definitions } from '../core/measures/measures.ts'
import { targetWords } from '../core/measures/words.ts'
import { problems } from '../core/problem.ts'
import { DrillCall } from '../core/drill/call.ts'
import { ReleaseCall, UrgentCall } from '../core/release/request.ts'
import { IncidentCall } from '../core/measures/incident-call.ts'
import { hookPoints, ServiceDefinition } from '../core/service/service.ts'
import { exitCodes } from '../cli/backend/screen.ts'
import { openApi } from '../functions/api/openapi.ts'
import { apiRoutes, type RouteName, routePath } from '../functions/routes.ts'
import { AnswerCall } from '../functions/orders/answer.ts'
import { Environment } from '../functions/environment.ts'
import { ApplyCall, RemoveCall } from '../functions/orders/apply.ts'
import { ApproveCall } from '../functions/orders/approve.ts'
import { GateCall } from '../functions/orders/ask.ts'
import { StartLineCall, StopLineCall } from '../functions/orders/line.ts'
import { OverrideCall } from '../functions/orders/override.ts'
import { HookAnswer } from '../functions/tasks/hook.ts'
import { PauseCall } from '../functions/orders/pause.ts'
import { PromoteCall } from '../functions/orders/promote.ts'
import { OldVersionsCall } from '../functions/orders/old-versions.ts'
import { OrderRollbackCall } from '../functions/orders/order-rollback.ts'

type Shape = {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

// The input side of every schema: what people write, before parsing.
const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape

/** One row for each field, followed by the fields of nested objects. */
function rows(shape: Shape, path = ''): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`
    const needed = shape.required?.includes(name) === true && field.default === undefined ? 'yes' : ''
    const row = `| \`${at}\` | ${words(field)} | ${needed} | ${defaultOf(field)} | ${field.description ?? ''} |`
    return [row, ...rows(field.items ?? field, field.items === undefined ? at : `${at}[]`)]
  })
}

const defaultOf = ({ default: value }: Shape): string =>
  value === undefined || typeof value === 'object' ? '' : `\`${JSON.stringify(value)}\``

function words(shape: Shape): string {
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const)}\``
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (shape.items !== undefined) return 'list'
  const several = shape.anyOf ?? shape.oneOf
  if (several !== undefined) return several.map(words).join(' or ')
  const bounds = shape.minimum === undefined ? '' : ` ${shape.minimum} to ${shape.maximum ?? 'any'}`
  if (shape.properties !== undefined) return `{ ${Object.keys(shape.properties).join(', ')} }`
  return `${shape.type ?? 'any'}${bounds}`
}

const table = (shape: Shape): string =>
  ['| field | value | required | default | meaning |', '|---|---|---|---|---|', ...rows(shape)].join('\n')

const section = (title: string, text: string): string => `## ${title}\n\n${text}\n`

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n')

const fieldsOf = (event: Shape): string =>
  Object.keys(event.properties ?? {})
    .filter((field) => !['v', 'seq', 'atMs', 'type'].includes(field))
    .join(', ')

const ownFieldsOf = (detail: Shape): string =>
  Object.keys(detail.properties ?? {})
    .filter((field) => !['schemaVersion', 'metadata', 'service'].includes(field))
    .map((field) => (detail.required?.includes(field) === true ? field : `${field}?`))
    .join(', ')

/** What a body says, without what the route and the signature say. */
function bodyOf(shape: Shape | undefined): Shape {
  const said = ['by', 'service', 'verb', 'answer', 'all', 'bolder', 'remove']
  const kept = Object.entries(shape?.properties ?? {}).filter(([field]) => !said.includes(field))
  return { ...shape, properties: Object.fromEntries(kept) }
}

const orders = (): string => {
  const [pause, resume] = shapeOf(PauseCall).oneOf ?? []
  const of = (names: readonly RouteName[], shape: Shape | undefined): string => {
    const routes = names.map((name) => `\`POST ${routePath(name)}\``).join(', ')
    const body = bodyOf(shape)
    return `${routes}:\n\n${Object.keys(body.properties ?? {}).length === 0 ? 'No body.' : table(body)}`
  }
  const parts = [
    of(['start-urgent'], shapeOf(UrgentCall)),
    of(['drill'], shapeOf(DrillCall)),
    of(['pause'], pause),
    of(['resume'], resume),
    of(['promote'], shapeOf(PromoteCall)),
    of(['roll-back', 'abort'], shapeOf(OrderRollbackCall)),
    of(['ask'], shapeOf(GateCall)),
    of(['old-versions'], shapeOf(OldVersionsCall)),
    of(['approve', 'decline'], shapeOf(ApproveCall)),
    of(['override'], shapeOf(OverrideCall)),
    of(['stop-line', 'stop-every-line'], shapeOf(StopLineCall)),
    of(['start-line', 'start-every-line'], shapeOf(StartLineCall)),
    of(['apply'], shapeOf(ApplyCall)),
    of(['remove'], shapeOf(RemoveCall)),
  ]
  return `Requests to the controller's API, signed with Signature Version 4 for the service \`execute-api\`; each route is a right of its own ([deploy.md](deploy.md#what-people-may-do)). The answer is JSON, or a problem (RFC 9457) with \`code\` and \`fix\`. The body is JSON; it never says the service or who calls.\n\n${parts.join('\n\n')}`
}

const measures = (): string =>
  section(
    'Measures of delivery',
    [
      '[measures.md](measures.md) has what each is made of, and what is left out.\n',
      '| | measure | unit | aimed at | what it is |',
      '|---|---|---|---|---|',
      ...definitions.map((one) => `| ${one.id} | ${one.name} | ${one.unit} | ${targetWords(one)} | ${one.sentence} |`),
    ].join('\n'),
  )

/** Payloads that others send: about candidates, and about incidents. */
const testimony = (): string =>
  [
    section(
      'Saying something about a candidate',
      `The body of \`POST /attest-tests/{service}\`, and of \`POST /attest-tests-of-subject\` with a subject; likewise \`attest-scan\`, \`attest-binding\` and \`attest-flags\`. Each takes its own facts only.\n\n${table(bodyOf(shapeOf(AttestCall)))}`,
    ),
    section(
      'Handing in a signed statement',
      `The body of \`POST /attest-bundle/{service}\`.\n\n${table(bodyOf(shapeOf(BundleCall)))}`,
    ),
    section(
      'Telling of an incident',
      `The body of \`POST /incident/{service}\` without \`service\`, and the detail of an event of source \`tidegate.incident\`.\n\n${table(shapeOf(IncidentCall))}`,
    ),
  ].join('\n')

const eventsForEverybody = (): string =>
  section(
    'Events for everybody',
    [
      'Sources `tidegate.release` and, for budgets, `tidegate.budget`, on the bus; [events.schema.json](events.schema.json) has them as JSON Schemas by detail-type.',
      'Every detail has `schemaVersion` 1, `metadata` with `eventId` and `occurredAt` (of releases also `releaseId` and `sequence`), and `service`; and:\n',
      list(
        Object.entries({ ...details, ...budgetDetails }).map(
          ([name, detail]) => `\`${name}\`: ${ownFieldsOf(shapeOf(detail))}`,
        ),
      ),
    ].join('\n'),
  )

/** Schemas for editors, for consumers of events and for callers of the API; the program checks by the same ones. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
  const events = Object.entries({ ...details, ...budgetDetails }).map(([name, detail]) => [
    name,
    z.toJSONSchema(detail),
  ])
  return {
    'openapi.json': pretty(openApi(apiRoutes)),
    'events.schema.json': pretty(Object.fromEntries(events)),
    'service.schema.json': pretty({
      title: 'Tidegate service definition',
      ...z.toJSONSchema(ServiceDefinition, { io: 'input', unrepresentable: 'any' }),
    }),
  }
}

const environmentOfFunctions = (): string =>
  section(
    'Environment of the functions',
    Object.keys(Environment.shape)
      .map((name) => `- \`${name}\``)
      .join('\n'),
  )

export function reference(): string {
  const events = shapeOf(ReleaseEvent).oneOf ?? []
  return [
    '# Reference\n\nGenerated by `npm run docs` from the schemas that the program uses. Do not edit.\n',
    section(
      'Service definition',
      `A YAML or JSON document. Unknown fields are errors. Durations are a whole number and \`s\`, \`m\`, \`h\` or \`d\`.\n\n${table(shapeOf(ServiceDefinition))}`,
    ),
    section(
      'Plans',
      [
        'A name: `AllAtOnce`, `Canary10Percent5Minutes` (any percent, any minutes), `Linear10PercentEvery1Minute`.',
        'Or `{ steps: [{ weight: 10, bake: 5m }, ...] }`, `{ canary: { stepWeight, interval } }`,',
        '`{ linear: { stepWeight, maxWeight, interval } }`, `{ exponential: { growthFactor, interval } }` (growthFactor × 2^N percent),',
        '`{ allAtOnce: { bake, holdBack } }`. Weights are percent and rise from step to step; after the last step the candidate is promoted.',
        '',
        'In a last step of 100 %, `holdBack` percent of the traffic stay on stable until the promotion, to compare with: 10 in `steps`, 0 in',
        '`allAtOnce`, or what you write beside them. If the step before leaves less than twice as much, it is half of what that leaves.',
      ].join('\n'),
    ),
    section(
      'Starting a release',
      `The body of \`POST /start/{service}\` without \`service\`, and the input of the state machine from CodePipeline.\n\n${table(shapeOf(ReleaseCall))}`,
    ),
    section('Steering a release', orders()),
    testimony(),
    section(
      'Hooks',
      `Called at ${hookPoints.map((point) => `\`${point}\``).join(', ')} with \`{ release, service, hook, point, step, steps, weightPercent, wave?, attempt, targets: [{ function, alias, stable, candidate }], answer: { function, nonce, before }, outcome?, because? }\`.\nThe answer, within the hook's timeout; other fields are ignored:\n\n${table(shapeOf(HookAnswer))}\n\nAfter \`later\`, the answer to the function that \`answer\` names (\`tidegate-answer\`), with its nonce; the first one counts. Anybody who has the nonce can answer, so do not log it:\n\n${table(shapeOf(AnswerCall))}`,
    ),
    eventsForEverybody(),
    measures(),
    section('Outcomes', outcomes.map((outcome) => `- \`${outcome}\``).join('\n')),
    section(
      'Events of a release',
      `Item \`RELEASE#<id>\` / \`EVENT#<seq>\` of the table, in order.\n\n${list(
        events.map((event) => `\`${String(event.properties?.['type']?.const)}\`: ${fieldsOf(event) || 'nothing more'}`),
      )}`,
    ),
    section(
      'Problems',
      [
        '| code | what to do |',
        '|---|---|',
        ...Object.entries(problems).map(([code, fix]) => `| \`${code}\` | ${fix} |`),
      ].join('\n'),
    ),
    section(
      'Exit codes',
      Object.entries(exitCodes)
        .map(([name, code]) => `- ${code}: ${name}`)
        .join('\n'),
    ),
    environmentOfFunctions(),
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  const files = { 'reference.md': reference(), ...jsonSchemas() }
  for (const [name, text] of Object.entries(files)) writeFileSync(new URL(name, import.meta.url), text)
}
