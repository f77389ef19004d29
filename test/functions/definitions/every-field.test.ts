// Whoever takes a definition from `tidegate get`, or compares one with its file, must find every field of it. So each field that
// the schema knows is in one of these definitions.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseDefinition } from '../../../core/service/definition.ts'
import { written, writtenBriefly } from '../../../functions/definitions/written.ts'

const kmsKey = 'arn:aws:kms:us-east-1:111111111111:key/0123abcd'
const workspace = 'arn:aws:aps:eu-west-1:111122223333:workspace/ws-12345678-aaaa-bbbb-cccc-1234567890ab'
const profile = 'arn:aws:signer:us-east-1:000000000000:/signing-profiles/checkout'
const { publicKey } = generateKeyPairSync('ed25519')
const keyed = { name: 'keyed', publicKey: publicKey.export({ type: 'spki', format: 'pem' }) }
const decided = {
  ...{ role: 'critical', weight: 2, tolerance: 1.5, minimumSamples: 50 },
  ...{ onFail: 'hold', whenUnknown: 'pause', unknownMinutes: 30 },
}
const span = { days: ['fri'], from: '16:00', to: '18:00', timeZone: 'Europe/Berlin' }
const steps = [
  { weight: 10, bake: '5m' },
  { weight: 50, bake: '7m', oneWay: { reason: 'the old column is dropped', yes: 'policy' } },
  { weight: 100, bake: '9m' },
]
const targets = [{ function: 'checkout', alias: 'live', provisionedConcurrency: 4, moveScaling: true }]
const elsewhere = {
  function: 'arn:aws:lambda:eu-west-1:111111111111:function:cart',
  alias: 'live',
  role: 'arn:aws:iam::111111111111:role/move',
  lookRole: 'arn:aws:iam::111111111111:role/look',
}

const definitions: Readonly<Record<string, Record<string, unknown>>> = {
  'own account': {
    name: 'checkout',
    mode: 'own',
    targets,
    plan: { steps, holdBack: 10 },
    signals: {
      alarms: ['checkout-errors'],
      errors: decided,
      latency: { ...decided, thresholdMs: 300, warmUpMinutes: 5 },
      throttles: decided,
      cost: decided,
      coldStarts: decided,
      memory: decided,
      custom: [
        {
          ...{ name: 'carts', namespace: 'shop', metric: 'Carts', dimensions: { V: '{version}' } },
          ...{ kind: 'mean', worse: 'lower', sparse: true, ...decided },
        },
      ],
      prometheus: [
        {
          ...{ name: 'refused', workspace, worse: 'higher' },
          ...{ bad: 'sum(bad{version="{version}"})', total: 'sum(all{version="{version}"})', ...decided },
        },
        {
          ...{ name: 'depth', url: 'https://prometheus.example.com', sum: 'sum(depth{version="{version}"})' },
          samples: 'count(depth{version="{version}"})',
        },
      ],
      consumers: [
        {
          ...{ name: 'orders', function: 'checkout', queue: 'orders', oldestSeconds: 300, waiting: 'usual' },
          ...{ deadLetters: 'orders-dead', moreDeadLetters: 2, minutes: 2, advisory: ['age'], onFail: 'hold' },
          ...{ whenUnknown: 'pause', unknownMinutes: 20 },
        },
        {
          ...{ name: 'batches', mapping: '0123abcd-0123-4567-89ab-0123456789ab', failedEvents: 5 },
          failures: {
            ...{ namespace: 'shop', metric: 'BatchesWithFailures', dimensions: { Version: '{version}' } },
            ...{ tolerance: 2, minimumSamples: 30 },
          },
        },
        { name: 'stream', iteratorSeconds: 'usual' },
        { name: 'later', asyncSeconds: 60, asyncDropped: 1 },
      ],
    },
    hooks: [{ at: 'afterPromotion', function: 'arm', timeout: '90s' }],
    policy: {
      ...{ whileLive: 'coalesce', waitingMost: 7, lookEvery: '2m', whenHeldTooLong: 'pause', alpha: 0.01 },
      ...{ hold: { unknown: '3h', quiet: '4h', paused: '5h', gated: '6h' }, learning: 'sharp', budgetEvery: '1h' },
      ...{ wake: false, early: { ratio: 3, rate: 0.01 }, ruleOut: { points: 5, ratio: 2 } },
    },
    triggers: {
      s3: { bucket: 'artifacts', key: 'checkout.zip', account: '111111111111', kmsKey },
      ecr: { repository: 'checkout', tag: 'live', registry: '111111111111' },
      cloudFormation: true,
    },
    allowedArtifacts: {
      s3: [
        { bucket: 'artifacts', key: 'checkout.zip', account: '111111111111', kmsKey },
        { bucket: 'artifacts', prefix: 'checkout/' },
      ],
      ecr: [{ repository: 'checkout', registry: '111111111111' }],
    },
    slos: [
      { name: 'fast', objective: 99.95, window: { calendar: 'month', timeZone: 'UTC' }, sli: { fasterThanMs: 300 } },
      { name: 'apps', sli: { applicationSignals: 'checkout slo' } },
      { name: 'steady', objective: 99, window: '7d', slices: { minutes: 5, objective: 99.5 } },
    ],
    planned: [span],
    incidents: { keys: ['checkout'], from: ['111111111111'] },
    pipelines: ['main'],
    pace: {
      ...{ bold: 'AllAtOnce', careful: { canary: { stepWeight: 5, interval: '1h' } } },
      ...{ urgent: { linear: { stepWeight: 20, maxWeight: 60, interval: '2m' } }, damage: 2 },
    },
    gates: {
      freezes: [span],
      windows: [{ ...span, days: ['mon'] }],
      provenance: {
        ...{
          commit: true,
          tests: true,
          signed: { by: [profile] },
          verified: true,
          builders: ['https://ci.example.com'],
        },
        scan: { critical: 1, high: 3 },
      },
      concurrency: { group: 'shop', max: 3 },
      quietAlarms: ['database-busy'],
      headroom: { account: 30, reserved: 'off' },
      rules: 'permit(principal, action, resource);',
      approvals: [
        { before: 12.5, count: 2, by: ['ann', 'ben'], fourEyes: false, expires: '36h', whenExpired: 'approve' },
      ],
    },
    attestations: {
      ...{ tests: ['role/ci'], scan: ['aws.ecr'], binding: ['role/ci'], flags: ['ann'] },
      signers: [{ name: 'ci', identity: 'https://ci.example.com/x', issuer: 'https://issuer.example.com' }, keyed],
    },
    runbook: 'https://example.com/runbooks/checkout',
    owner: { name: 'Shop', contact: '+49 30 1', channel: '#shop' },
    versions: { keep: 5, keepFor: '45d' },
    watch: { for: '36h', onFault: 'page', keepWarm: '90m' },
    depends: {
      secrets: ['arn:aws:secretsmanager:us-east-1:000000000000:secret:shop/db-AbCdEf'],
      parameters: ['/shop/limits'],
      appConfig: [{ application: 'abc1234', environment: 'def5678', profile: 'flags' }],
    },
  },
  waves: {
    name: 'orders',
    targets: [
      { function: 'orders', alias: 'live' },
      { function: 'carts', alias: 'live' },
    ],
    plan: { steps: [{ weight: 10, bake: '5m' }] },
    waves: [
      { name: 'pilot', targets: ['orders'], holdBack: 20 },
      { name: 'rest', targets: ['carts'], pause: true },
    ],
    policy: { whenBlamed: 'wave' },
  },
  'waves with plans': {
    name: 'orders',
    targets: [
      { function: 'orders', alias: 'live' },
      { function: 'carts', alias: 'live' },
    ],
    plan: { steps: [{ weight: 10, bake: '5m' }] },
    waves: [
      { name: 'dev', targets: ['orders'], plan: { steps: [{ weight: 100, bake: '7m' }], holdBack: 5 } },
      {
        ...{ name: 'production', targets: ['carts'] },
        approval: { count: 2, by: ['ann', 'ben'], fourEyes: false, expires: '4h', whenExpired: 'approve' },
      },
    ],
  },
  elsewhere: { name: 'cart', targets: [elsewhere], plan: 'AllAtOnce' },
}

describe.each(Object.entries(definitions))('every field of a definition (%s)', (_, definition) => {
  it('is shown in a form that is the same service again', () => {
    const service = parseDefinition(definition)
    for (const form of [written(service), writtenBriefly(service)])
      expect(parseDefinition(parse(stringify(form)))).toEqual(service)
  })
})

it('is in one of them', () => {
  const schema = JSON.parse(readFileSync('docs/service.schema.json', 'utf8')) as Schema
  const said = new Set(Object.values(definitions).flatMap((definition) => pathsOf(definition)))
  const missing = [...new Set(fieldsOf(schema))].filter((field) => !said.has(field) && !otherForms.test(field))
  expect(missing).toEqual([])
})

/** Other ways to write a plan become its steps: written.test.ts has them. Waves have no one-way step. */
const otherForms =
  /^(?:(?:waves\[\]\.)?plan\.(?:canary|linear|exponential|allAtOnce)|waves\[\]\.plan\.steps\[\]\.oneWay|pace\.\w+\.)/

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** `plan.steps[].weight` for each property that a schema names. */
function fieldsOf({ properties = {}, items, anyOf = [], oneOf = [], allOf = [] }: Schema, at = ''): string[] {
  return [
    ...[...anyOf, ...oneOf, ...allOf].flatMap((one) => fieldsOf(one, at)),
    ...(items === undefined ? [] : fieldsOf(items, `${at}[]`)),
    ...Object.entries(properties).flatMap(([name, one]) => {
      const path = at === '' ? name : `${at}.${name}`
      return [path, ...fieldsOf(one, path)]
    }),
  ]
}

function pathsOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => pathsOf(one, `${at}[]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    const path = at === '' ? name : `${at}.${name}`
    return [path, ...pathsOf(one, path)]
  })
}
