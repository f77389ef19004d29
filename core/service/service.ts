// A service: what is released, how boldly, and what guards it. People write a ServiceDefinition; all other code sees a Service,
// with weights, durations and names in one form.
import * as z from 'zod'
import { Depends } from '../around/depends.ts'
import { AllowedArtifacts, makesVersions, Triggers } from './artifacts.ts'
import { AttestationRules } from './attestations.ts'
import { Pace, PaceDefinition } from './pacing.ts'
import { duration } from '../duration.ts'
import { Gates, GatesDefinition, withWaves, withYes } from './gates.ts'
import { Owner } from '../owner.ts'
import { aboutOwner } from '../page.ts'
import { Plan, PlanDefinition } from './plan.ts'
import { FunctionName } from '../location.ts'
import { Signals, StoredSignals } from './signals.ts'
import { Slo, SloDefinition } from './slo.ts'
import { isDefinedElsewhere, mayOnlyLook, storedTarget, Target, TargetDefinition } from './target.ts'
import { Timetable } from './timetable.ts'
import { IncidentKeys } from '../definition/incident-keys.ts'
import { VersionPolicy, VersionPolicyDefinition } from '../definition/version-policy.ts'
import { WatchPolicy, WatchPolicyDefinition } from '../definition/watch-policy.ts'
import { WhenBlamed, WhenBlamedDefinition } from '../definition/when-blamed.ts'
import { wavesDefinitionOf, wavesKept, wavesOf } from '../definition/waves.ts'

export { Target } from './target.ts'

export const ServiceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and -, at most 40')
const Runbook = z.url({ protocol: /^https$/, error: 'a runbook is an https address' }).max(500)
export const hookPoints = ['beforeTraffic', 'beforeStep', 'afterPromotion', 'afterRollback'] as const
export type HookPoint = (typeof hookPoints)[number]

const whileLive = z.enum(['queue', 'coalesce', 'supersede', 'refuse'])
const whenHeldTooLong = z.enum(['rollBack', 'pause'])
const budgetEvery = z.union([z.literal(300), z.literal(3600)])
const budgetEveryDefault = 300
const learning = z.enum(['careful', 'sharp', 'off'])
const learningDefault = 'careful'
const alphaDefault = 0.05
/** At twenty minutes a release, those that wait take most of a day. */
const waitingDefault = 50
const waiting = z.int().min(1).max(1000)
const alpha = z.number().min(0.001).max(0.2)
const Early = z.strictObject({
  ratio: z.number().min(1.1).max(100).default(2).describe('A candidate that fails this many times as often is bad ...'),
  rate: z.number().min(0.0001).max(0.5).default(0.01).describe('... if it also fails this share of its invocations.'),
})

const RuleOut = z.strictObject({
  points: z
    .number()
    .min(0.1)
    .max(100)
    .default(10)
    .describe('A fault counts if it fails so many per cent of all requests at the next weight ...'),
  ratio: z.number().min(1).max(100).default(3).describe('... and at least so many times as many as stable.'),
})

/** What counts as a bad candidate by default. */
export const usualEarly = Early.parse({})

const Pipelines = z
  .array(z.string().regex(/^[A-Za-z0-9.@_-]{1,100}$/, 'the name of a pipeline, as CodePipeline has it'))
  .max(50)
  .optional()

const maxHoldSeconds = 30 * 86_400
const hold = duration({ minSeconds: 0, maxSeconds: maxHoldSeconds })
const seconds = z.int().min(0).max(maxHoldSeconds)
const gatedDefaultSeconds = 3 * 86_400

/** The normal form, as it is stored in the first event of every release. */
export const Service = z.strictObject({
  name: ServiceName,
  targets: z.array(Target).min(1).max(20),
  plan: Plan,
  signals: StoredSignals,
  hooks: z
    .array(
      z.strictObject({
        at: z.enum(hookPoints),
        functionName: FunctionName,
        timeoutSeconds: z.int().min(1).max(86_400),
      }),
    )
    .max(20),
  policy: z.strictObject({
    whileLive,
    lookEverySeconds: z.int().min(30).max(3600),
    hold: z.strictObject({
      unknownSeconds: seconds,
      quietSeconds: seconds,
      pausedSeconds: seconds,
      gatedSeconds: seconds.default(gatedDefaultSeconds),
    }),
    whenHeldTooLong,
    /** Absent: the whole release goes back. */
    whenBlamed: WhenBlamed.optional(),
    alpha: alpha.default(alphaDefault),
    learning: learning.default(learningDefault),
    early: Early.optional(),
    /** Absent: off. So it is in releases from before it existed, whose verdicts stay as they were. */
    ruleOut: RuleOut.optional(),
    budgetEverySeconds: budgetEvery.default(budgetEveryDefault),
    /** When false, a version that Lambda has put to sleep is not invoked to wake it. */
    wake: z.literal(false).optional(),
    /** Absent: as many as usual. So code from before it existed can read the definition. */
    waitingMost: waiting.optional(),
  }),
  triggers: Triggers,
  /** Absent where the definition has none. */
  allowedArtifacts: AllowedArtifacts.optional(),
  /** Absent in logs from before SLOs existed. */
  slos: z.array(Slo).max(10).default([]),
  planned: Timetable.default([]),
  incidents: IncidentKeys.default({ keys: [] }),
  /** Absent: every pipeline that may invoke the function for pipelines. */
  pipelines: Pipelines,
  pace: Pace.prefault({}),
  gates: Gates.prefault({}),
  attestations: AttestationRules.prefault({}),
  /** Others move its aliases, and it is only watched. Absent: its releases move them. */
  mode: z.literal('observe').optional(),
  runbook: Runbook.optional(),
  /** Absent where the definition names nobody, and in logs from before owners existed. */
  owner: Owner.optional(),
  /** Absent: no version is ever deleted, and nothing is watched after the promotion. */
  versions: VersionPolicy.optional(),
  watch: WatchPolicy.optional(),
  /** Absent: every step is for all targets. */
  waves: wavesOf(Plan).optional(),
  depends: Depends.optional(),
})
export type Service = z.output<typeof Service>

export const isObserved = ({ mode }: Pick<Service, 'mode'>): boolean => mode === 'observe'

/** How many releases of the service may wait. */
export const waitingMost = ({ policy }: Pick<Service, 'policy'>): number => policy.waitingMost ?? waitingDefault

const Hold = z.strictObject({
  unknown: hold.prefault('30m').describe('How long a step may stay unknown after its bake is over.'),
  quiet: hold.prefault('12h').describe('The same while neither version has traffic.'),
  paused: hold.prefault('3d').describe('How long a release may stay paused.'),
  gated: hold.prefault('3d').describe('How long a release may wait at a gate.'),
})

const HookDefinition = z.strictObject({
  at: z.enum(hookPoints),
  function: FunctionName,
  timeout: duration({ minSeconds: 1, maxSeconds: 86_400 }).prefault('5m').describe('How long it may take to answer.'),
})

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length

/** As people write it (services/*.yaml). Strict: every field has an effect. definition.ts has further checks. */
export const ServiceDefinition = z
  .strictObject({
    name: ServiceName,
    mode: z
      .enum(['own', 'observe'])
      .default('own')
      .describe(
        'own: releases of Tidegate move its aliases. observe: others move them, and Tidegate only looks, and says what it would have done (docs/observe.md).',
      ),
    targets: z
      .array(TargetDefinition)
      .min(1)
      .max(20)
      .refine((targets) => distinct(targets.map((target) => target.function)), 'each function may be a target once'),
    plan: PlanDefinition,
    signals: Signals.prefault({}),
    hooks: z.array(HookDefinition).max(20).default([]),
    policy: z
      .strictObject({
        whileLive: whileLive
          .default('queue')
          .describe(
            'What happens to a new release while one is live. queue: it waits; coalesce: it waits, and takes the place of those that wait; supersede: it takes the place of all; refuse.',
          ),
        waitingMost: waiting
          .default(waitingDefault)
          .describe(
            'How many releases may wait. Another one is refused (`queue_full`), and an event is kept to be sent again. With coalesce and supersede, for urgent releases and for rollbacks there is no limit.',
          ),
        lookEvery: duration({ minSeconds: 30, maxSeconds: 3600 })
          .prefault('1m')
          .describe('How often the evidence is looked at.'),
        hold: Hold.prefault({}),
        whenHeldTooLong: whenHeldTooLong.default('rollBack'),
        whenBlamed: WhenBlamedDefinition,
        alpha: alpha
          .default(alphaDefault)
          .describe('At most this share of healthy releases is rolled back by chance or bursts.'),
        learning: learning
          .default(learningDefault)
          .describe(
            "How far the service's own past is trusted: stable's hours before a release, and earlier releases. careful: new noise seldom puts a healthy release back; sharp: faults are found sooner; off: nothing is learned.",
          ),
        budgetEvery: z
          .enum(['5m', '1h'])
          .default('5m')
          .describe('How often error budgets are counted; by the hour, burn alerts come late and it costs a twelfth.'),
        wake: z
          .boolean()
          .default(true)
          .describe(
            'Whether a version that Lambda has put to sleep is invoked before a release, with {"tidegate":"wake"}: that runs its code. Without it such a release is refused.',
          ),
        early: Early.optional().describe(
          'Ends a bake early once the candidate is proven not to be bad. The larger the bursts in which errors were seen to come, the later.',
        ),
        ruleOut: z
          .union([z.literal('off'), RuleOut], { error: 'write off, or what to rule out, such as { points: 5 }' })
          .prefault({})
          .describe(
            'The fault that must be ruled out, at odds of 10 to 1, before a step may pass: 10 points of all requests at the next weight, and three times as many as stable. `off`: none; a pass still says what it rules out.',
          ),
      })
      .prefault({}),
    triggers: Triggers.prefault({}),
    allowedArtifacts: AllowedArtifacts.optional().describe(
      'Artifacts that a call may name, besides those of the triggers. A call that names another one is refused.',
    ),
    slos: z
      .array(SloDefinition)
      .max(10)
      .refine((slos) => distinct(slos.map(({ name }) => name)), 'each SLO needs a name of its own')
      .default([])
      .describe('What has to be good, and how much of it: error budgets.'),
    planned: Timetable.default([]).describe(
      'Planned times, such as maintenance and drills: messages wait for their end, but those about customers who may be hurt now (docs/messages.md).',
    ),
    incidents: IncidentKeys.prefault({}),
    pipelines: Pipelines.describe(
      "Pipelines of the controller's account that may ask whether it may be released (mayReleaseRule). Without it: every one whose role may invoke tidegate-pipeline.",
    ),
    pace: PaceDefinition.prefault({}).describe('How boldly it is released, by what is left of its error budgets.'),
    gates: GatesDefinition.prefault({}).describe('What must hold before a release begins, and before each step.'),
    attestations: AttestationRules.prefault({}).describe('Who may say what about a candidate.'),
    runbook: Runbook.optional(),
    owner: Owner.optional().describe('Whom its messages name, and how to reach them.'),
    versions: VersionPolicyDefinition.optional().describe(
      'Which old versions of its functions are deleted, once a day (docs/versions.md). Absent: none, ever.',
    ),
    watch: WatchPolicyDefinition.optional().describe('Watches it after its promotion (docs/watch.md). Absent: not.'),
    waves: wavesDefinitionOf(PlanDefinition)
      .optional()
      .describe('Releases take the targets in these waves, one after the other (docs/waves.md). Absent: all at once.'),
    depends: Depends.optional().describe('What it depends on besides its code (docs/around.md).'),
  })
  .refine((service) => !makesVersions(service) || !service.targets.some(isDefinedElsewhere), {
    path: ['targets'],
    message:
      'artifacts (triggers, allowedArtifacts) become versions in the own account and region only, and a target is elsewhere',
  })
  .refine(({ versions, targets }) => versions === undefined || !targets.some(isDefinedElsewhere), {
    path: ['versions'],
    message: 'old versions are deleted in the own account and region only, and a target is elsewhere',
  })
  .refine(({ mode, targets }) => mode === 'own' || targets.every(mayOnlyLook), {
    path: ['targets'],
    message:
      'a service that is only observed needs a lookRole for each target in another account: `role` may move aliases',
  })
  .transform(({ mode, targets, hooks, policy, gates, runbook, owner, waves, ...rest }): Service => ({
    ...rest,
    ...wavesKept(waves),
    gates: withWaves(withYes(gates, rest.plan.oneWay), waves ?? []),
    ...(mode === 'own' ? {} : { mode }),
    targets: targets.map(storedTarget),
    hooks: hooks.map((hook) => ({ at: hook.at, functionName: hook.function, timeoutSeconds: hook.timeout })),
    policy: {
      whileLive: policy.whileLive,
      lookEverySeconds: policy.lookEvery,
      hold: {
        unknownSeconds: policy.hold.unknown,
        quietSeconds: policy.hold.quiet,
        pausedSeconds: policy.hold.paused,
        gatedSeconds: policy.hold.gated,
      },
      whenHeldTooLong: policy.whenHeldTooLong,
      ...(policy.whenBlamed === 'all' ? {} : { whenBlamed: policy.whenBlamed }),
      alpha: policy.alpha,
      learning: policy.learning,
      budgetEverySeconds: policy.budgetEvery === '5m' ? 300 : 3600,
      ...(policy.wake ? {} : { wake: policy.wake }),
      ...(policy.waitingMost === waitingDefault ? {} : { waitingMost: policy.waitingMost }),
      ...(policy.early === undefined ? {} : { early: policy.early }),
      ...(policy.ruleOut === 'off' ? {} : { ruleOut: policy.ruleOut }),
    },
    ...aboutOwner({ runbook, owner }),
  }))
