// The forms of what the API answers, as schemas: docs/openapi.json is made from them. What an order answers is declared where it
// is carried out; a form that does not fit it does not compile.
import * as z from 'zod'
import { Head } from '../../core/release/head.ts'
import { Outcome, ReleaseEvent } from '../../core/release/event.ts'
import { ObservedShift } from '../../core/observe/event.ts'
import { findings } from '../../core/observe/report.ts'
import { Plan } from '../../core/service/plan.ts'
import { Provenance } from '../../core/service/candidate.ts'
import { Routing } from '../../core/service/routing.ts'
import { Service } from '../../core/service/service.ts'
import { VersionPolicy } from '../../core/definition/version-policy.ts'
import { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { DeletedVersion } from '../../core/versions/deleted.ts'
import type { Registered, Removed } from '../definitions/register.ts'
import type { Answer as Asked } from '../orders/ask.ts'
import type { Attested } from '../orders/attest.ts'
import type { Noted } from '../orders/incident.ts'
import type { LineStarted, LineStopped } from '../orders/line.ts'
import type { OldVersionsAnswer } from '../orders/old-versions.ts'
import type { Ordered } from '../orders/order.ts'
import type { Started } from '../steps/accept.ts'

const epochMs = z.int().min(0).describe('Milliseconds since 1970.')
const text = z.string()

const ordered = z.strictObject({
  releaseId: text,
  phase: text.describe('Where the release is now.'),
  outcome: Outcome.exactOptional(),
  note: text.exactOptional().describe('What the caller should know besides.'),
}) satisfies z.ZodType<Ordered>

/** What several answers have in common, by name. */
export const parts: Readonly<Record<string, z.ZodType>> = { Ordered: ordered, Service, Plan, Head, ReleaseEvent }

const ofOrders = {
  start: z.strictObject({
    releases: z.array(z.strictObject({ releaseId: text, execution: text })).readonly(),
  }) satisfies z.ZodType<Started>,
  pause: ordered,
  promote: ordered,
  orderRollback: ordered,
  approve: ordered,
  override: ordered,
  ask: z.strictObject({ may: z.boolean(), because: text }) satisfies z.ZodType<Asked>,
  stopLine: z.strictObject({ stopped: z.boolean() }) satisfies z.ZodType<LineStopped>,
  startLine: z.strictObject({
    stopped: z.boolean(),
    reopened: z.array(text).readonly().describe('Releases whose gates are asked again.'),
  }) satisfies z.ZodType<LineStarted>,
  attest: z.strictObject({
    subjects: z.array(text).readonly(),
    stands: z.array(text).readonly().exactOptional().describe('Where something else stands than what was said.'),
  }) satisfies z.ZodType<Attested>,
  incident: z.strictObject({ services: z.array(text).readonly() }) satisfies z.ZodType<Noted>,
  oldVersions: z.strictObject({
    isAsked: z.boolean().describe('Whether the definition lets old versions be deleted.'),
    policy: VersionPolicy,
    functions: z
      .array(
        z.strictObject({
          functionName: text,
          unknown: text.exactOptional().describe('Why it is not known what may be deleted. Then nothing is.'),
          versions: z
            .array(
              z.strictObject({
                version: text,
                codeSha256: text,
                bytes: z.int().min(0),
                publishedAtMs: epochMs,
                because: z.array(text).readonly().describe('Why it stays. Empty: it may be deleted.'),
              }),
            )
            .readonly(),
        }),
      )
      .readonly(),
    freesBytes: z.int().min(0).describe('What the next run frees.'),
    storage: z
      .strictObject({ usedBytes: z.int().min(0), limitBytes: z.int().min(0) })
      .exactOptional()
      .describe('Code of all functions and layers of the region.'),
    deleted: z.array(DeletedVersion).readonly().describe('The last versions that were deleted.'),
  }) satisfies z.ZodType<OldVersionsAnswer>,
  apply: z.strictObject({
    service: Service,
    isKnown: z.boolean().describe('False if the service is new.'),
    changed: z.array(text).readonly().describe('Which fields are other than before.'),
  }) satisfies z.ZodType<Registered>,
} as const satisfies Readonly<Record<string, z.ZodType>>
/** By route; another route answers as its verb does. */
const ofRoutes = {
  remove: z.strictObject({
    removed: z.literal(true),
    service: Service.exactOptional().describe('What it was. Absent: that could not be read.'),
  }) satisfies z.ZodType<Removed>,
} as const satisfies Readonly<Record<string, z.ZodType>>
/** For the client (client/index.ts). */
export type AnswersOfOrders = typeof ofOrders
export type AnswersOfRoutes = typeof ofRoutes
/** By verb, or by route. */
export const orderAnswers: Readonly<Record<string, z.ZodType>> = { ...ofOrders, ...ofRoutes }

const because = text.describe('Why it cannot be read. The others of the list are not affected.')
const next = text.optional().describe('The `next` of the request for what follows; absent at the end.')
const listOf = <Item extends z.ZodType, About extends z.ZodRawShape>(item: Item, about: About) =>
  z.strictObject({
    items: z.array(item).readonly(),
    unreadable: z
      .array(z.strictObject({ ...about, because }))
      .readonly()
      .describe('What is stored and cannot be read.'),
    next,
  })

const target = { functionName: text, alias: text }
const routing = Routing.optional().describe('As the log of releases has it. Absent: no release has moved it yet.')
const stop = {
  by: text,
  reason: text,
  sinceMs: epochMs,
  release: text.optional().describe('The frozen release that it was stopped for. Absent: a person has stopped it.'),
}

const ServicesAnswer = listOf(
  z.strictObject({
    name: text,
    targets: z.array(z.strictObject(target)).readonly(),
    live: text.optional().describe('The release that may move its aliases now.'),
  }),
  { service: text },
)

const ServiceAnswer = z.strictObject({
  definition: Service,
  targets: z.array(z.strictObject({ ...target, routing })).readonly(),
  live: Head.optional().describe('The release that may move its aliases now.'),
  budgets: z
    .array(
      z.strictObject({
        slo: text,
        leftShare: z.number().optional().describe('Of the whole budget; negative when overspent. Absent: not known.'),
        burning: z.enum(['no', 'ticket', 'page']),
        because: text.optional().describe('Why it is not known.'),
        badLeft: z.number().optional().describe('How many more requests may be bad.'),
        perMinute: z.number().optional().describe('How many requests come per minute.'),
      }),
    )
    .readonly(),
  stopped: z
    .strictObject({ ...stop, isAll: z.boolean() })
    .optional()
    .describe('Who has stopped the line.'),
  watch: z
    .strictObject({ releaseId: text, promotedAtMs: epochMs, untilMs: epochMs, sentence: text })
    .optional()
    .describe('The watch after the last promotion, while it goes on.'),
  warm: z
    .array(
      z.strictObject({
        releaseId: text.describe('Which has ended.'),
        untilMs: epochMs.describe('At the latest, by the definition of now; 0 if that asks for it no more.'),
        targets: z
          .array(z.strictObject({ ...target, version: text, environments: z.int().min(1).optional() }))
          .readonly(),
        sentence: text,
      }),
    )
    .readonly()
    .optional()
    .describe('Old versions that are kept warm after a promotion (`watch.keepWarm`). Absent: none.'),
})

const ReleasesAnswer = listOf(Head, { releaseId: text, requestedAtMs: epochMs })

const observedText = 'What Tidegate would have done.'
const caughtOf = 'Of those that Tidegate would have put back: '
const number = z.int().min(0)
const ObservedAnswer = listOf(
  z.strictObject({
    ...ObservedShift.shape,
    finding: z
      .enum(findings)
      .describe(
        `${observedText} caught: put it back. missed: others put it back, and it would not have. passed: let it through. unknown: too little to judge by. goesOn: not over.`,
      ),
    putBackAtMs: epochMs.optional().describe('When others put it back.'),
    minutesEarlier: z.int().optional().describe('How much earlier than others Tidegate would have put it back.'),
  }),
  { beganAtMs: epochMs, id: text },
).extend({
  totals: z
    .strictObject({
      days: number.describe('The last ones.'),
      shifts: number,
      ...{ caught: number, missed: number, passed: number, unknown: number, goesOn: number },
      alsoByOthers: number.describe(`${caughtOf}how many others put back too.`),
      minutesEarlier: z.int().describe('Of these, together.'),
      requestsSaved: z.number().min(0).describe('Failed requests that would not have been.'),
      caughtOpen: number.describe(`${caughtOf}how many go on.`),
      savedUnknown: number.describe(`${caughtOf}of how many it is not known, or not yet, what that saves.`),
      unreadable: number.describe('How many cannot be read. They are in none of the numbers.'),
    })
    .optional()
    .describe('In the first page alone.'),
})

const ReleaseAnswer = z.strictObject({
  ...Head.shape,
  reason: text.optional(),
  urgent: z.boolean(),
  provenance: Provenance,
  plan: Plan,
  step: z.int().min(0).optional().describe('Index of the step about to be taken, or of the last one taken.'),
  weightBp: z.int().min(0).describe("The candidate's share of the traffic, in basis points, as the log has it."),
  targets: z.array(z.strictObject({ ...target, stable: text, candidate: text, routing: Routing })).readonly(),
  paused: z.strictObject({ by: text, reason: text, atMs: epochMs }).optional(),
  held: z
    .strictObject({
      because: text,
      gates: z.array(text).readonly(),
      sinceMs: epochMs,
      againAtMs: epochMs.optional().describe('When the answer may change by itself.'),
    })
    .optional(),
  ending: z
    .strictObject({ outcome: Outcome, because: text, by: text, code: text.optional() })
    .optional()
    .describe('How and why it ends, as soon as that is decided.'),
  verdict: Verdict.omit({ readings: true }).optional().describe('Of the last look.'),
})

const EventsAnswer = z.strictObject({ items: z.array(ReleaseEvent).readonly(), next })

const OpenAnswer = listOf(
  z.strictObject({
    releaseId: text,
    service: text,
    requestedAtMs: epochMs,
    candidate: text,
    source: text,
    urgent: z.boolean(),
  }),
  { releaseId: text, service: text },
)

const LineAnswer = z.strictObject({
  items: z.array(z.strictObject({ service: text.optional().describe('Absent: every service.'), ...stop })).readonly(),
  unreadable: z.array(z.strictObject({ service: text.optional(), because })).readonly(),
})

const ProblemAnswer = z.strictObject({ code: text, status: z.int(), fix: text })

const ofReadings = {
  services: ServicesAnswer,
  service: ServiceAnswer,
  releases: ReleasesAnswer,
  observed: ObservedAnswer,
  release: ReleaseAnswer,
  events: EventsAnswer,
  open: OpenAnswer,
  line: LineAnswer,
  problem: ProblemAnswer,
  openapi: z.looseObject({}),
} as const satisfies Readonly<Record<string, z.ZodType>>
export type AnswersOfReadings = typeof ofReadings
/** By reading. The document itself is left out: it has no form of ours. */
export const readingAnswers: Readonly<Record<string, z.ZodType>> = ofReadings
