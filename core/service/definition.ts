// Validates a service definition when it is applied. The checks here are deliberately not in the schema of stored services:
// definitions and release logs that are already stored must stay readable, whatever we refuse today. They catch names and numbers
// that a later part, such as CloudWatch or the time-zone library, would reject.
import { isBucketName, isRepositoryName, noBucket, noRepository } from './artifacts.ts'
import { Problem, readInput, type Wrong as WrongField, wrongIn } from '../problem.ts'
import { isObserved, type Service, ServiceDefinition } from './service.ts'
import { wrongInConsumers } from '../consumers/consumer.ts'
import { wrongInPrometheus } from '../prometheus/signal.ts'
import { approvalsMost, tooFew } from '../definition/approval.ts'
import { Signals, type Watch } from './signals.ts'
import { isCounted } from './slo.ts'
import { isElsewhere } from '../location.ts'
import { isTimeZone } from '../time-zone.ts'
import { wrongWaves } from '../definition/wrong-waves.ts'
import { wrongWhenBlamed } from '../definition/when-blamed.ts'

type Path = readonly (string | number)[]
type Wrong = readonly [path: Path, message: string]

const Applied = ServiceDefinition.superRefine((service, context) => {
  for (const [path, message] of [
    ...wrongZones(service),
    ...wrongSignals(service),
    ...wrongTimes(service),
    ...wrongTriggers(service),
    ...wrongAfterwards(service),
    ...wrongOneWay(service),
    ...wrongHolds(service),
    ...wrongQuiet(service),
    ...wrongApprovals(service),
    ...wrongWaves(service),
    ...wrongWhenBlamed(service).map((words): Wrong => [['policy', 'whenBlamed'], words]),
  ])
    context.addIssue({ code: 'custom', path: [...path], message })
})

/** An item holds two of them, before and after, and at most 400 kB (docs/aws.md §16). */
const bytesMax = 180_000

/** @throws Problem `definition_invalid`, naming the fields that are wrong */
export function parseDefinition(value: unknown): Service {
  const service = readInput(Applied, value, 'definition_invalid', 'The service definition')
  const bytes = new TextEncoder().encode(JSON.stringify(service)).length
  if (bytes <= bytesMax) return service
  throw new Problem(
    'definition_invalid',
    `The service definition has ${bytes} bytes in the form in which it is stored, and may have ${bytesMax}.`,
  )
}

/**
 * Everything that is wrong with a definition, each with its place; empty when `definitionWith` takes it.
 * @param check says what is wrong with policies, in sentences
 */
export function wrongInDefinition(
  check: (policies: string) => readonly string[],
  value: unknown,
): readonly WrongField[] {
  const parsed = Applied.safeParse(value)
  if (!parsed.success) return wrongIn(parsed.error.issues)
  try {
    definitionWith(check, value)
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const isOfRules = error.message.includes(': gates.rules: ')
    const words = error.message.replace(/^.*?: gates\.rules: /s, '')
    return [{ path: isOfRules ? ['gates', 'rules'] : [], field: isOfRules ? 'gates.rules' : '', words }]
  }
}

/**
 * Also validates the service's own policies: such as would make every release be denied are refused before they are applied.
 * @param check says what is wrong with policies, in sentences
 * @throws Problem `definition_invalid`, naming the fields or the policies that are wrong
 */
export function definitionWith(check: (policies: string) => readonly string[], value: unknown): Service {
  const service = parseDefinition(value)
  const { rules } = service.gates
  const wrong = rules === undefined ? [] : check(rules)
  if (wrong.length === 0) return service
  throw new Problem(
    'definition_invalid',
    `The service definition is not valid: gates.rules: ${wrong.slice(0, 3).join(' ')}`,
  )
}

const observedHasNone = {
  versions: 'old versions of a service that is only observed are not deleted',
  watch: 'a service that is only observed has no promotions to watch after',
  depends: 'a service that is only observed has no releases to which it matters',
} as const

/** What comes with releases and after them: a service that is only observed has none. */
function wrongAfterwards(service: Service): readonly Wrong[] {
  const { watch, signals, targets } = service
  const fields = (['versions', 'watch', 'depends'] as const).filter((field) => service[field] !== undefined)
  const given = targets.flatMap(({ provisionedConcurrency }, index) =>
    provisionedConcurrency === undefined ? [] : index,
  )
  const none = 'a service that is only observed is given no provisioned concurrency: take it away'
  return [
    ...(isObserved(service) ? fields.map((field): Wrong => [[field], observedHasNone[field]]) : []),
    ...(isObserved(service) ? given.map((at): Wrong => [['targets', at, 'provisionedConcurrency'], none]) : []),
    ...wrongHeadroom(service),
    ...wrongWarm(service),
    ...(watch !== undefined && signals.errors === 'off'
      ? [[['watch'], 'the watch goes by errors, and signals.errors is off'] as const]
      : []),
  ]
}

/** Lambda keeps no other environments than those that are provisioned. */
const wrongWarm = ({ watch, targets }: Service): readonly Wrong[] =>
  watch?.warmSeconds === undefined || targets.some((target) => target.provisionedConcurrency !== undefined)
    ? []
    : [
        [
          ['watch', 'keepWarm'],
          'only provisioned concurrency can be kept warm: give a target `provisionedConcurrency`, or take keepWarm away',
        ],
      ]

/** Concurrency is counted for each account and region, and the limits are read of the own ones. */
function wrongHeadroom(service: Service): readonly Wrong[] {
  const path = ['gates', 'headroom']
  if (service.gates.headroom === undefined) return []
  return [
    ...(isObserved(service) ? [[path, 'a service that is only observed has no steps to hold'] as const] : []),
    ...(service.targets.some(isElsewhere)
      ? [[path, 'concurrency is looked at in the own account and region only, and a target is elsewhere'] as const]
      : []),
  ]
}

function wrongZones({ gates, planned, slos }: Service): readonly Wrong[] {
  const tables = { planned, 'gates.windows': gates.windows, 'gates.freezes': gates.freezes }
  const zones = [
    ...Object.entries(tables).flatMap(([table, spans]) =>
      spans.map((span, index): readonly [Path, string | undefined] => [
        [...table.split('.'), index, 'timeZone'],
        'days' in span ? span.timeZone : undefined,
      ]),
    ),
    ...slos.map((slo, index): readonly [Path, string | undefined] => [
      ['slos', index, 'window', 'timeZone'],
      isCounted(slo) && slo.window.kind === 'calendar' ? slo.window.timeZone : undefined,
    ]),
  ]
  return zones.flatMap(([path, zone]): readonly Wrong[] =>
    zone === undefined || isTimeZone(zone)
      ? []
      : [[path, `no time zone is called "${zone}"; name it as in Europe/Berlin`]],
  )
}

/** Names that a custom signal may not have: the fields of `signals`. A verdict names each signal once. */
const own: readonly string[] = Object.keys(Signals.shape)

function wrongSignals({ targets, signals: { custom, prometheus = [], consumers = [] } }: Service): readonly Wrong[] {
  const taken = new Set(custom.map(({ name }) => name))
  const functions = targets.map(({ functionName }) => functionName)
  const names = [...taken, ...prometheus.map(({ name }) => name)]
  return [
    ...wrongCustom(custom),
    ...wrongInConsumers(consumers, functions, names).map(([path, words]): Wrong => [
      ['signals', 'consumers', ...path],
      words,
    ]),
    ...prometheus.flatMap((signal, index) => {
      const [before, at] = [prometheus.slice(0, index), ['signals', 'prometheus', index] as const]
      const isTaken = taken.has(signal.name) || before.some(({ name }) => name === signal.name)
      return [
        ...(own.includes(signal.name) || isTaken
          ? [[[...at, 'name'], `"${signal.name}" is another signal; choose another name`] as const]
          : []),
        ...wrongInPrometheus(signal).map(([field, words]): Wrong => [[...at, ...field], words]),
      ]
    }),
  ]
}

function wrongCustom(custom: Signals['custom']): readonly Wrong[] {
  return custom.flatMap(({ name, namespace }, index): readonly Wrong[] => [
    ...(own.includes(name)
      ? [[['signals', 'custom', index, 'name'], `"${name}" is a built-in signal; choose another name`] as const]
      : []),
    // CloudWatch allows a colon anywhere but at the beginning (API reference of GetMetricData, Metric).
    ...(namespace.startsWith(':')
      ? [[['signals', 'custom', index, 'namespace'], 'a namespace does not begin with a colon'] as const]
      : []),
  ])
}

/** CloudWatch parses thresholds from text, and accepts only a limited number of digits. */
function wrongTimes({ signals: { latency }, slos }: Service): readonly Wrong[] {
  const times: readonly (readonly [Path, number | undefined])[] = [
    [['signals', 'latency', 'thresholdMs'], latency === 'off' ? undefined : latency.thresholdMs],
    ...slos.map(
      ({ sli }, index) =>
        [['slos', index, 'sli', 'fasterThanMs'], 'fasterThanMs' in sli ? sli.fasterThanMs : undefined] as const,
    ),
  ]
  return times.flatMap(([path, ms = 1]): readonly Wrong[] =>
    /^\d+(\.\d{1,3})?$/.test(String(ms)) ? [] : [[path, 'at most three digits after the point']],
  )
}

/** A `*` in a name would be a pattern in the policy of the role that reads artifacts. */
const wrongTriggers = ({ triggers: { s3, ecr } }: Service): readonly Wrong[] => [
  ...(s3 === undefined || isBucketName(s3.bucket) ? [] : [[['triggers', 's3', 'bucket'], noBucket] as const]),
  ...(ecr === undefined || isRepositoryName(ecr.repository)
    ? []
    : [[['triggers', 'ecr', 'repository'], noRepository] as const]),
]

/** What a one-way step of the plan does not go with. */
function wrongOneWay({ mode, plan: { oneWay }, pace, gates, watch }: Service): readonly Wrong[] {
  const elsewhere = (['bold', 'careful', 'urgent'] as const).filter((name) => pace[name]?.oneWay !== undefined)
  const others = elsewhere.map((name): Wrong => [
    ['pace', name],
    'a one-way step is written in `plan`, and holds for every other plan of the service too',
  ])
  if (oneWay === undefined) return others
  const silent = gates.approvals.findIndex(
    ({ beforeBp, whenExpired }) => beforeBp === oneWay.beforeBp && whenExpired === 'approve',
  )
  return [
    ...others,
    ...(mode === 'observe'
      ? [[['plan'], 'a service that is only observed has no one-way step: others move it'] as const]
      : []),
    ...(watch?.onFault === 'rollBack'
      ? [[['watch', 'onFault'], 'past a one-way step of the plan nothing goes back: write page'] as const]
      : []),
    ...(oneWay.yes === 'policy' && gates.rules === undefined
      ? [[['plan'], 'with yes: policy, a one-way step needs policies that decide it: gates.rules'] as const]
      : []),
    ...(silent < 0
      ? []
      : [
          [
            ['gates', 'approvals', silent, 'whenExpired'],
            'before a one-way step silence is no yes: write reject',
          ] as const,
        ]),
    ...(gates.approvals.length > approvalsMost
      ? [
          [
            ['gates', 'approvals'],
            `with that of the one-way step there are more than ${approvalsMost} approvals`,
          ] as const,
        ]
      : []),
  ]
}

function wrongApprovals({ gates: { approvals }, waves = [] }: Service): readonly Wrong[] {
  return approvals.flatMap((approval, index): readonly Wrong[] => {
    const [words, wave] = [tooFew(approval), waves.findIndex(({ name }) => name === approval.wave)]
    const path: Path = wave < 0 ? ['gates', 'approvals', index, 'by'] : ['waves', wave, 'approval', 'by']
    return words === undefined ? [] : [[path, words]]
  })
}

/** An alarm puts the traffic back, or it holds: not both. */
const wrongQuiet = ({ gates: { quietAlarms = [] }, signals: { alarms } }: Service): readonly Wrong[] =>
  quietAlarms.flatMap((alarm, index): readonly Wrong[] =>
    alarms.includes(alarm) || quietAlarms.indexOf(alarm) < index
      ? [
          [
            ['gates', 'quietAlarms', index],
            'it is named already, here or in signals.alarms, which put the traffic back',
          ],
        ]
      : [],
  )

const advisoryHold = 'an advisory signal never decides, so there is nothing to hold: write role: critical, or no onFail'

function wrongHolds({ signals }: Service): readonly Wrong[] {
  const { alarms: _, custom, prometheus = [], consumers: __, ...own } = signals
  const all: readonly (readonly [Path, Watch | 'off'])[] = [
    ...Object.entries(own).map(([name, watch]) => [[name], watch] as const),
    ...custom.map((watch, index) => [['custom', index], watch] as const),
    ...prometheus.map((watch, index) => [['prometheus', index], watch] as const),
  ]
  return all.flatMap(([path, watch]): readonly Wrong[] =>
    watch !== 'off' && watch.onFail === 'hold' && watch.role === 'advisory'
      ? [[['signals', ...path, 'onFail'], advisoryHold]]
      : [],
  )
}
