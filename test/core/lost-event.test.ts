// Messages in the queue of unhandled events: four kinds in the shapes of AWS's guides (docs/aws.md §1.11), and anything else that
// somebody sends there.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventWords } from '../../core/event-words.ts'
import { type Controller, readLost } from '../../core/lost-event.ts'
import { oneLine } from '../../core/foreign-text.ts'

const controller: Controller = {
  account: '123456789012',
  region: 'eu-west-1',
  name: 'tidegate',
  verbs: ['intake', 'reconcile', 'announce'],
  scheduledVerbs: { sweep: 'reconcile' },
}
const arnOf = (name: string): string => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`
const read = (body: unknown, attributes: Record<string, string> = {}) =>
  readLost(
    { id: 'm', body: typeof body === 'string' ? body : JSON.stringify(body), attributes, keptAtMs: 0 },
    controller,
  )
const record = (name: string, more: object = {}) => ({
  version: '1.0',
  timestamp: '2026-01-01T00:00:00.000Z',
  requestContext: {
    requestId: 'r',
    functionArn: arnOf(name),
    condition: 'RetriesExhausted',
    approximateInvokeCount: 3,
  },
  requestPayload: { sweep: true },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: { errorType: 'Tidegate.permission_denied', errorMessage: 'AWS denied dynamodb:Query.' },
  ...more,
})
const stream = (name: string) => {
  const { requestPayload: _, responsePayload: _answer, ...rest } = record(name)
  return {
    ...rest,
    requestContext: { ...rest.requestContext, condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
    DDBStreamBatchInfo: {
      shardId: 's',
      startSequenceNumber: '1',
      endSequenceNumber: '3',
      approximateArrivalOfFirstRecord: '2026-01-01T00:00:00Z',
      approximateArrivalOfLastRecord: '2026-01-01T00:00:02Z',
      batchSize: 3,
      streamArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/1',
    },
  }
}

describe('a message', () => {
  it('from Lambda about an event says which function failed on what, and why', () => {
    expect(read(record('tidegate-reconcile:$LATEST'))).toEqual({
      kind: 'event',
      verb: 'reconcile',
      payload: { sweep: true },
      what: 'the sweep, which runs again by itself',
      why: 'failed (tried 3 times): permission_denied: AWS denied dynamodb:Query.',
    })
    const { responsePayload: _, ...silent } = record('tidegate-intake', { requestPayload: null })
    const old = { ...silent.requestContext, condition: 'EventAgeExceeded', approximateInvokeCount: 0 }
    expect(read({ ...silent, requestContext: old })).toMatchObject({
      ...{ kind: 'event', verb: 'intake', payload: null },
      why: 'waited too long (tried 0 times)',
    })
  })

  it('from Lambda about a batch is passed to announce unchanged', () => {
    const batch = stream('tidegate-announce')
    expect(read(batch)).toMatchObject({ kind: 'event', verb: 'announce', payload: batch })
    expect(read(stream('tidegate-other'))).toMatchObject({ kind: 'unreadable' })
  })

  it('from a rule is the event, and its attributes say which function did not get it, and why', () => {
    const event = { source: 'aws.s3', 'detail-type': 'Object Created', detail: { bucket: { name: 'b' } } }
    const attributes = {
      RULE_ARN: 'arn:aws:events:eu-west-1:123456789012:rule/tidegate-s3',
      TARGET_ARN: arnOf('tidegate-intake'),
      ERROR_CODE: 'NO_PERMISSIONS',
      ERROR_MESSAGE: 'not authorized',
    }
    expect(read(event, attributes)).toMatchObject({
      ...{ kind: 'event', verb: 'intake', payload: event },
      why: 'could not be delivered: NO_PERMISSIONS: not authorized',
    })
    expect(read(event, { ...attributes, TARGET_ARN: arnOf('checkout') })).toMatchObject({ kind: 'unreadable' })
    // A record that somebody sent through a rule is an event like any other.
    const smuggled = record('tidegate-announce')
    expect(read(smuggled, attributes)).toMatchObject({ verb: 'intake', payload: smuggled })
  })

  it('from a schedule is recognised by the schedule, whatever its body and its target say', () => {
    const attributes = {
      SCHEDULE_ARN: 'arn:aws:scheduler:eu-west-1:123456789012:schedule/default/tidegate-sweep',
      TARGET_ARN: 'arn:aws:scheduler:::aws-sdk:lambda:invoke',
      ERROR_CODE: 'Lambda.ResourceNotFoundException',
      ERROR_MESSAGE: 'Function not found',
      IS_PAYLOAD_TRUNCATED: 'false',
    }
    for (const body of ['{"sweep":true}', 'cut o', '{"measures":true}'])
      expect(read(body, attributes)).toMatchObject({ kind: 'event', verb: 'reconcile', payload: { sweep: true } })
    for (const arn of [
      attributes.SCHEDULE_ARN.replace('sweep', 'other'),
      attributes.SCHEDULE_ARN.replace('1234', '9999'),
      attributes.SCHEDULE_ARN.replace('eu-west-1', 'us-east-1'),
      'arn',
    ])
      expect(read('{}', { ...attributes, SCHEDULE_ARN: arn })).toMatchObject({ kind: 'unreadable' })
  })

  it.each([
    ['another name', arnOf('tidegate-promote')],
    ['more than the name', arnOf('tidegate-intake-2')],
    ['less than the name', arnOf('intake')],
    ['another controller', arnOf('other-intake')],
    ['another account', arnOf('tidegate-intake').replace('123456789012', '210987654321')],
    ['another region', arnOf('tidegate-intake').replace('eu-west-1', 'eu-west-2')],
    ['a name alone', 'tidegate-intake'],
    ['what comes behind a line', `${arnOf('tidegate-intake')}\nx`],
  ])('that names a function by %s is not ours', (_, functionArn) => {
    const { requestContext, ...rest } = record('')
    expect(read({ ...rest, requestContext: { ...requestContext, functionArn } })).toMatchObject({ kind: 'unreadable' })
  })

  it('of any content is read without throwing, and calls only functions that events call', () => {
    const attribute = fc.constantFrom('RULE_ARN', 'TARGET_ARN', 'SCHEDULE_ARN', 'ERROR_CODE')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.dictionary(attribute, fc.string()), (body, attributes) => {
        expect(read(body, attributes).kind).toBe('unreadable')
      }),
    )
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (requestPayload, responsePayload) => {
        const found = read(record('tidegate-intake', { requestPayload: requestPayload ?? null, responsePayload }))
        expect(found.kind === 'event' && /^[^\p{Cc}\p{Cf}]*$/u.test(found.what + found.why)).toBe(true)
      }),
    )
  })
})

it('the summary of an event is one line, whatever it contains', () => {
  fc.assert(
    fc.property(
      fc.anything(),
      fc.string().map((text) => `\u001b${text}\u202e\n`),
      (detail, source) => {
        for (const one of [source, 'aws.s3', 'aws.states', 'toString', '__proto__']) {
          const { what } = eventWords({ source: one, 'detail-type': source, detail })
          expect(what.length <= 200 && !/[\p{Cc}\p{Cf}]/u.test(what)).toBe(true)
        }
      },
    ),
  )
  expect(oneLine('a\u001b[2Jb\u202ec\r\nd\u2028e', 100)).toBe(String.raw`a\u{1b}[2Jb\u{202e}c\r\nd\u{2028}e`)
  expect(oneLine('x'.repeat(20), 10)).toBe('xxxxxxx...')
})
