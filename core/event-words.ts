// Describes in a few words the event that a function was called with, so that a person can decide what to do with a lost event.
import * as z from 'zod'
import { own } from './own.ts'
import { oneLine } from './foreign-text.ts'

type EventWords = { readonly what: string; readonly service?: string; readonly releaseId?: string }

const text = z.string()
const Event = z.looseObject({ source: text, 'detail-type': text, detail: z.looseObject({}) })
const Job = z.looseObject({
  'CodePipeline.job': z.looseObject({
    id: text,
    data: z.looseObject({
      actionConfiguration: z.looseObject({ configuration: z.looseObject({ UserParameters: text }) }),
    }),
  }),
})
const Batch = z.looseObject({
  DDBStreamBatchInfo: z.looseObject({
    approximateArrivalOfFirstRecord: text,
    approximateArrivalOfLastRecord: text,
    batchSize: z.number(),
  }),
})
const scheduledVerbs: Readonly<Record<string, string>> = {
  sweep: 'the sweep, which runs again by itself',
  measures: 'the daily measures',
  reports: 'budget reports of Application Signals, which are read again on schedule',
  budgets: 'the counting of error budgets, which runs again by itself',
  prunes: 'the daily deletion of old versions, which runs again by itself',
  observed: 'a look at the aliases that others move, which runs again by itself',
  watches: 'a look at promoted versions, which runs again by itself',
}

/** Accepts anything and never throws. Texts are one line of at most 200 characters. */
export function eventWords(payload: unknown): EventWords {
  const { what, service, releaseId } = wordsOf(payload)
  return {
    what: oneLine(what, 200),
    ...(service === undefined ? {} : { service: oneLine(service, 60) }),
    ...(releaseId === undefined ? {} : { releaseId: oneLine(releaseId, 80) }),
  }
}

function wordsOf(payload: unknown): EventWords {
  const event = Event.safeParse(payload)
  if (event.success) return onBus(event.data)
  const job = Job.safeParse(payload)
  if (job.success) {
    const { id, data } = job.data['CodePipeline.job']
    const service = /"service"\s*:\s*"([^"]+)"/.exec(data.actionConfiguration.configuration.UserParameters)?.[1]
    return { what: `job ${id} of a pipeline, which asks whether it may release`, ...(service && { service }) }
  }
  const batch = Batch.safeParse(payload)
  if (batch.success) {
    const { batchSize, ...arrival } = batch.data.DDBStreamBatchInfo
    const { approximateArrivalOfFirstRecord: from, approximateArrivalOfLastRecord: to } = arrival
    return { what: `${batchSize} event(s) of releases, written ${from} to ${to}, that were not announced` }
  }
  if (typeof payload !== 'object' || payload === null) return { what: 'no event' }
  const [first = ''] = Object.keys(payload)
  const scheduled = own(scheduledVerbs, first)
  if (scheduled !== undefined) return { what: scheduled }
  return { what: 'a call', ...field(payload, 'service'), ...field(payload, 'releaseId') }
}

type Detail = z.output<typeof Event>['detail']
type Words = (detail: Detail) => EventWords

/** One entry per event source that a rule lets through, with the details that matter for it. */
const bySource: Readonly<Record<string, Words>> = {
  'aws.s3': (detail) => ({ what: `object ${at(detail, 'bucket', 'name')}/${at(detail, 'object', 'key')} was written` }),
  'aws.ecr': (detail) => {
    const image = `${at(detail, 'repository-name')}${at(detail, 'image-tag') === '' ? '' : `:${at(detail, 'image-tag')}`}`
    return { what: at(detail, 'scan-status') === '' ? `image ${image} was pushed` : `image ${image} was scanned` }
  },
  'aws.cloudformation': (detail) => ({
    what: `stack ${stackName(at(detail, 'stack-id'))}: ${at(detail, 'logical-resource-id')} ${at(detail, 'status-details', 'status')}`,
  }),
  'aws.cloudwatch': (detail) => ({
    what: `alarm ${at(detail, 'alarmName')} went to ${at(detail, 'state', 'value')} at ${at(detail, 'state', 'timestamp')}`,
  }),
  'aws.states': (detail) => {
    const execution = at(detail, 'executionArn').split(':').at(-1) ?? ''
    const releaseId = /^(.+-[0-9a-f]{10,23})(-\d+)?$/.exec(execution)?.[1]
    return { what: `execution ${execution} ended as ${at(detail, 'status')}`, ...(releaseId && { releaseId }) }
  },
  'aws.lambda': (detail) => ({
    what: `${at(detail, 'eventName').replace(/\d+$/, '')} of ${at(detail, 'requestParameters', 'functionName')}:${at(detail, 'requestParameters', 'name')}`,
  }),
  'tidegate.release': (detail) => ({
    what: 'a look at a live release, after which budgets are counted',
    ...field(detail, 'service'),
    ...field(detail['metadata'], 'releaseId'),
  }),
}

const onBus = (event: z.output<typeof Event>): EventWords =>
  own(bySource, event.source)?.(event.detail) ?? {
    what: `${event['detail-type']} from ${event.source}`,
    ...field(event.detail, 'service'),
  }

const stackName = (id: string): string => /:stack\/([^/]+)/.exec(id)?.[1] ?? id

/** The string at this path, or '' if there is none. */
function at(value: unknown, ...path: readonly string[]): string {
  let found = value
  for (const name of path)
    found =
      typeof found === 'object' && found !== null ? own(found as Readonly<Record<string, unknown>>, name) : undefined
  return typeof found === 'string' ? found : ''
}

function field<N extends string>(value: unknown, name: N): Partial<Record<N, string>> {
  const found = at(value, name)
  return found === '' ? {} : ({ [name]: found } as Partial<Record<N, string>>)
}
