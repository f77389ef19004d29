// Service level objectives: what share of a service's requests, or of its time, has to be good, and over which window. Shares are
// stored as parts per million, because 1 - 0.999 is not exactly 0.001 in floating point. SLOs of Application Signals are counted
// there, and have their objective and window there.
import * as z from 'zod'

export const SloName = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, 'use lower-case letters, digits and -, at most 30')
const million = 1_000_000
const sharePpm = z
  .int()
  .min(1)
  .max(million - 1)
/** As stored; definition.ts refuses zones that cannot be used. */
export const TimeZone = z.string().min(1).max(64)

const calendarUnits = ['week', 'month', 'quarter'] as const
const daysMax = 60

const Window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rolling'), days: z.int().min(1).max(daysMax) }),
  z.strictObject({ kind: z.literal('calendar'), unit: z.enum(calendarUnits), timeZone: TimeZone }),
])
const Sli = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('availability') }),
  z.strictObject({ kind: z.literal('latency'), fasterThanMs: z.number().min(1).max(900_000) }),
])
/** Without slices every request counts. With slices, a slice of time counts as good when enough of its requests were good. */
const Slices = z.strictObject({
  minutes: z.union([z.literal(5), z.literal(10), z.literal(30), z.literal(60)], { error: 'write 5, 10, 30 or 60' }),
  goodPpm: sharePpm,
})

/** An SLO that we count, in the ledger. */
const CountedSlo = z.strictObject({
  name: SloName,
  objectivePpm: sharePpm,
  window: Window,
  sli: Sli,
  slices: Slices.optional(),
})
export type CountedSlo = z.output<typeof CountedSlo>

/** Application Signals accepts a name or an ARN as the id; the limits are those of its SLO names. */
const ReportId = z
  .string()
  .regex(
    /^(arn:aws[a-z-]*:application-signals:[a-z0-9-]+:[0-9]{12}:slo\/)?[0-9A-Za-z][-._0-9A-Za-z ]{0,126}[0-9A-Za-z]$/,
    'name an SLO of Application Signals, or give its ARN',
  )
/** An SLO that Application Signals counts; we only read its budget report. */
const ReportedSlo = z.strictObject({
  name: SloName,
  sli: z.strictObject({ kind: z.literal('applicationSignals'), id: ReportId }),
})
export type ReportedSlo = z.output<typeof ReportedSlo>

/** The normal form. */
export const Slo = z.union([CountedSlo, ReportedSlo])
export type Slo = z.output<typeof Slo>
export const isCounted = (slo: Slo): slo is CountedSlo => 'window' in slo
export const isReported = (slo: Slo): slo is ReportedSlo => !isCounted(slo)

/** `99.9 % of requests succeed in 28 days` */
export function sloWords({ objectivePpm, window, sli, slices }: CountedSlo): string {
  const what = sli.kind === 'availability' ? 'succeed' : `take less than ${sli.fasterThanMs} ms`
  const of =
    slices === undefined ? 'requests' : `slices of ${slices.minutes} minutes in which ${slices.goodPpm / 10_000} %`
  const over = window.kind === 'rolling' ? `in ${window.days} days` : `in a ${window.unit} (${window.timeZone})`
  return `${objectivePpm / 10_000} % of ${of} ${what} ${over}`
}

/**
 * A value up to 1 could be a share or a percent. Refuse it: a wrong guess can make the error budget a thousand times too large,
 * and nothing else would reveal that.
 */
export const ambiguousPercent = (value: number): string | undefined =>
  value > 0 && value <= 1
    ? `${value} may mean ${Math.round(value * 1_000_000) / 10_000} % or ${value} %; write percent, above 1, such as 99.9`
    : undefined

const percent = z
  .number()
  .gt(0)
  .lt(100)
  .superRefine((value, context) => {
    const message = ambiguousPercent(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  .refine(
    (value) => Math.abs(value * 10_000 - Math.round(value * 10_000)) < 1e-6,
    'at most four digits after the point',
  )
const ppmOf = (value: number): number => Math.round(value * 10_000)

export const SloDefinition = z
  .strictObject({
    name: SloName,
    objective: percent
      .optional()
      .describe('Percent that has to be good. Required, unless Application Signals counts: it is said there.'),
    window: z
      .union(
        [
          z.string().regex(/^[1-9][0-9]?d$/, 'write a rolling window in days, as 28d'),
          z.strictObject({ calendar: z.enum(calendarUnits), timeZone: TimeZone.default('UTC') }),
        ],
        { error: 'write a rolling window in days, as 28d, or a calendar one, as { calendar: month }' },
      )
      .optional()
      .describe('Rolling days, at most 60, or a calendar unit of a time zone; 28d when nothing is said.'),
    sli: z
      .union(
        [
          z.literal('availability'),
          z.strictObject({ fasterThanMs: Sli.options[1].shape.fasterThanMs }),
          z.strictObject({ applicationSignals: ReportId }),
        ],
        { error: 'write availability, { fasterThanMs: 300 } or { applicationSignals: NAME }' },
      )
      .default('availability')
      .describe(
        'availability: an invocation that did not fail is good; fasterThanMs: one that was fast is; applicationSignals: name or ARN of an SLO whose budget report is read.',
      ),
    slices: z
      .strictObject({ minutes: Slices.shape.minutes, objective: percent })
      .optional()
      .describe('Counts slices of time instead of requests: one is good when this percent of its requests was.'),
  })
  .refine(({ window }) => typeof window !== 'string' || Number(window.slice(0, -1)) <= daysMax, {
    path: ['window'],
    message: `a rolling window has at most ${daysMax} days`,
  })
  .superRefine(({ objective, window, sli, slices }, context) => {
    const isReport = typeof sli === 'object' && 'applicationSignals' in sli
    if (!isReport && objective === undefined)
      context.addIssue({ code: 'custom', path: ['objective'], message: 'say what percent has to be good' })
    for (const [field, value] of Object.entries({ objective, window, slices }))
      if (isReport && value !== undefined)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'Application Signals says it for its SLOs; remove it',
        })
  })
  .transform(({ name, objective = 0, window = '28d', sli, slices }): Slo => {
    if (typeof sli === 'object' && 'applicationSignals' in sli)
      return { name, sli: { kind: 'applicationSignals', id: sli.applicationSignals } }
    return {
      name,
      objectivePpm: ppmOf(objective),
      window:
        typeof window === 'string'
          ? { kind: 'rolling', days: Number(window.slice(0, -1)) }
          : { kind: 'calendar', unit: window.calendar, timeZone: window.timeZone },
      sli: sli === 'availability' ? { kind: 'availability' } : { kind: 'latency', fasterThanMs: sli.fasterThanMs },
      ...(slices === undefined ? {} : { slices: { minutes: slices.minutes, goodPpm: ppmOf(slices.objective) } }),
    }
  })

/** The share of requests or slices that may be bad. */
export const budgetShare = ({ objectivePpm }: Pick<CountedSlo, 'objectivePpm'>): number =>
  (million - objectivePpm) / million
