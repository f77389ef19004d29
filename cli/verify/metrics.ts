// Experiments on metrics: which series Lambda writes, and when. Sends traffic at the start and looks for it minutes later.
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'
import { refusal } from './errors.ts'
import { type Answer, compared, type Experiment, notAsked } from './experiment.ts'
import type { Lab } from './lab.ts'
import { dayMs } from '../../core/time.ts'

const invocations = 3
const longestMs = 12 * 60_000

/** When the traffic was sent, by the endpoint's clock and by ours. */
type Sent = { readonly theirsMs: number; readonly oursMs: number }
const sent = new WeakMap<Lab, Map<string, Promise<Sent | string>>>()

function onceFor(lab: Lab, what: string, send: () => Promise<Sent | string>): Promise<Sent | string> {
  const known = sent.get(lab) ?? new Map<string, Promise<Sent | string>>()
  sent.set(lab, known)
  const found = known.get(what) ?? send()
  known.set(what, found)
  return found
}

async function timeOf({ clients: { lambda }, nowMs }: Lab, FunctionName: string): Promise<Sent> {
  // An emulator's clock may run ahead of ours; the function's modification time shows it.
  const { LastModified = '' } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
  return { theirsMs: Date.parse(LastModified.replace('+0000', 'Z')), oursMs: nowMs() }
}

/** Three invocations of an alias without weights. None of them fails. */
const plainTraffic = (lab: Lab) =>
  onceFor(lab, 'plain', async () => {
    const FunctionName = await lab.fn()
    const Qualifier = await lab.alias('plain', '1')
    const at = await timeOf(lab, FunctionName)
    for (let times = 0; times < invocations; times++)
      await lab.clients.lambda.send(new InvokeCommand({ FunctionName, Qualifier }))
    return at
  })

/** Invocations that reserved concurrency refuses, of an alias with weights. @returns why there were none */
const throttledTraffic = (lab: Lab) =>
  onceFor(lab, 'throttled', async () => {
    const { lambda } = lab.clients
    const FunctionName = await lab.fn()
    const Qualifier = await lab.alias('throttled', '1', { 2: 0.5 })
    const at = await timeOf(lab, FunctionName)
    const off = new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 })
    const refused = await refusal(lambda.send(off))
    if (refused !== undefined) return `Reserved concurrency is refused: ${refused.message}`
    try {
      // The setting takes a while to propagate.
      const throttled = await lab.until('reserved concurrency', 60_000, async () => {
        const error = await refusal(lambda.send(new InvokeCommand({ FunctionName, Qualifier })))
        return error?.name === 'TooManyRequestsException' ? true : undefined
      })
      if (throttled === undefined) return 'With reserved concurrency 0 nothing was throttled for a minute.'
      for (let times = 1; times < invocations; times++)
        await refusal(lambda.send(new InvokeCommand({ FunctionName, Qualifier })))
    } finally {
      await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
    }
    return at
  })

type Series = { readonly metric: string; readonly stat: string; readonly alias: string; readonly version?: string }
type Point = { readonly atMs: number; readonly value: number }

async function points(
  lab: Lab,
  { theirsMs }: Sent,
  { metric, stat, alias, version }: Series,
): Promise<readonly Point[]> {
  const fn = await lab.fn()
  const dimensions = {
    FunctionName: fn,
    Resource: `${fn}:${alias}`,
    ...(version === undefined ? {} : { ExecutedVersion: version }),
  }
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
  const Metric = { Namespace: 'AWS/Lambda', MetricName: metric, Dimensions }
  const { MetricDataResults: [result] = [] } = await lab.clients.cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Math.floor(theirsMs / 60_000) * 60_000 - 60_000),
      EndTime: new Date(theirsMs + dayMs),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [{ Id: 'asked', MetricStat: { Metric, Period: 60, Stat: stat } }],
    }),
  )
  return (result?.Timestamps ?? []).map((time, index) => ({
    atMs: time.getTime(),
    value: result?.Values?.[index] ?? 0,
  }))
}

const total = (found: readonly Point[]): number => found.reduce((sum, { value }) => sum + value, 0)

/** Waits for the alias's own series, which is documented. The series in question may arrive a little later. */
async function arrived(lab: Lab, at: Sent, metric: string, alias: string): Promise<boolean> {
  // The time counts from the traffic, so once one series is overdue, the next is checked only once.
  const leftMs = at.oursMs + longestMs - lab.nowMs()
  const found = await lab.until(`${metric} of the alias in CloudWatch`, leftMs, async () => {
    const sum = total(await points(lab, at, { metric, stat: 'SampleCount', alias }))
    return sum >= invocations ? true : undefined
  })
  return found === true
}

const late = notAsked(`The alias's own series had not come after ${longestMs / 60_000} minutes.`)
const graceMs = 3 * 60_000

/** What was sent, once the alias has its own series of it; or why the question cannot be asked. */
async function seen(
  lab: Lab,
  traffic: (lab: Lab) => Promise<Sent | string>,
  metric: string,
  alias: string,
): Promise<Sent | Answer> {
  const at = await traffic(lab)
  if (typeof at === 'string') return notAsked(at)
  return (await arrived(lab, at, metric, alias)) ? at : late
}

const plainAlias: Experiment = {
  id: 'metric-plain-alias',
  question: 'Do series with ExecutedVersion exist for an alias without weights?',
  place: '§2.1',
  expectation: 'yes',
  source: "one recorded answer, in the README of Asserts' aws-exporter",
  minutes: 15,
  begin: (lab) => plainTraffic(lab),
  async ask(lab) {
    const at = await seen(lab, plainTraffic, 'Invocations', 'plain')
    if ('kind' in at) return at
    const series = { metric: 'Invocations', stat: 'Sum', alias: 'plain', version: '1' }
    const sum = await lab.until('the series of the version', graceMs, async () => {
      const found = total(await points(lab, at, series))
      return found >= invocations ? found : undefined
    })
    const says =
      sum === undefined ? 'No: the alias has a series, its version has none.' : `Yes: ${sum} of ${invocations}.`
    return compared(sum === invocations, says, { sum: sum ?? 0, invocations })
  },
}

const errorsZero: Experiment = {
  id: 'metric-errors-zero',
  question: 'Has a minute with invocations and no error a point of Errors by ExecutedVersion, and when does it come?',
  place: '§2.1',
  expectation: 'yes, a point of 0, within a few minutes: without it a minute is not complete',
  source: 'one recorded answer',
  minutes: 15,
  begin: (lab) => plainTraffic(lab),
  async ask(lab) {
    const at = await seen(lab, plainTraffic, 'Invocations', 'plain')
    if ('kind' in at) return at
    const invocationsMs = lab.nowMs() - at.oursMs
    const series = { metric: 'Errors', stat: 'Sum', alias: 'plain', version: '1' }
    const found = await lab.until('the Errors of the version', graceMs, async () => {
      const seen = await points(lab, at, series)
      return seen.length > 0 ? seen : undefined
    })
    if (found === undefined) return compared(false, 'No: there are invocations and no point of Errors.')
    const errorsMs = lab.nowMs() - at.oursMs
    const says = `Yes: ${found.map(({ value }) => value).join(', ')}; seen ${Math.round(errorsMs / 1000)} s after the traffic.`
    return compared(total(found) === 0, says, { values: found.map(({ value }) => value), invocationsMs, errorsMs })
  },
}

const throttles: Experiment = {
  id: 'metric-throttles',
  question: 'Do Throttles come with ExecutedVersion?',
  place: '§2.1',
  expectation: 'no: what is throttled reaches no version, so a version’s Throttles are unknown and not 0',
  source: 'a belief; no recorded answer was found',
  minutes: 16,
  begin: (lab) => throttledTraffic(lab),
  async ask(lab) {
    const at = await seen(lab, throttledTraffic, 'Throttles', 'throttled')
    if ('kind' in at) return at
    const ofVersion = async (version: string): Promise<number> =>
      total(await points(lab, at, { metric: 'Throttles', stat: 'Sum', alias: 'throttled', version }))
    const found = await lab.until('Throttles of a version', graceMs, async () => {
      const sums = { 1: await ofVersion('1'), 2: await ofVersion('2') }
      return sums[1] + sums[2] > 0 ? sums : undefined
    })
    const says =
      found === undefined ? 'No: the alias has them, its versions have not.' : `Yes: ${JSON.stringify(found)}.`
    return compared(found === undefined, says, { byVersion: found ?? null, how: 'reserved concurrency 0' })
  },
}

const statistics: Experiment = {
  id: 'metric-duration-statistics',
  question: 'Are TC and PR of AWS/Lambda Duration answered?',
  place: '§2.2',
  expectation: 'TC yes: the controller counts slow invocations by it; PR is not used',
  source: 'CloudWatch user guide; a list of 2023 omits Lambda',
  minutes: 15,
  begin: (lab) => plainTraffic(lab),
  async ask(lab) {
    const at = await seen(lab, plainTraffic, 'Duration', 'plain')
    if ('kind' in at) return at
    const answer = async (stat: string): Promise<number | string> => {
      try {
        return total(await points(lab, at, { metric: 'Duration', stat, alias: 'plain' }))
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }
    const measured = { 'TC(:600000)': await answer('TC(:600000)'), 'PR(:600000)': await answer('PR(:600000)') }
    return compared(
      measured['TC(:600000)'] === invocations,
      `TC: ${measured['TC(:600000)']}; PR: ${measured['PR(:600000)']}.`,
      measured,
    )
  },
}

export const metricExperiments: readonly Experiment[] = [plainAlias, errorsZero, throttles, statistics]
