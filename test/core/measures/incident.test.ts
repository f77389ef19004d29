// Incidents in the formats of their sources, and events that are not incidents.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  IncidentCall,
  readIncident as readCall,
  readIncidentEvent,
  servicesOf,
} from '../../../core/measures/incident-call.ts'
import { isEvent } from '../../../core/origin.ts'
import { service } from '../sample.ts'

const at = '2026-01-05T10:00:00Z'
const later = '2026-01-05T11:30:00Z'
const atMs = Date.parse(at)
const laterMs = Date.parse(later)
const call = {
  id: 'i1',
  service: 'checkout',
  openedAt: at,
  source: 'statuspage',
  title: 'Slow',
  url: 'https://x.test/1',
}
const home = { account: '111122223333', region: 'eu-west-1' }
const event = (source: string, detail: unknown) => ({ source, 'detail-type': 'any', time: later, ...home, detail })

// PagerDuty's own example of its EventBridge extension, shortened.
const pagerDuty = (name: string) =>
  event('aws.partner/pagerduty.com/shop', {
    event: name,
    created_on: later,
    incident: {
      id: 'P8E12U3',
      title: 'Taco Shells',
      created_at: at,
      urgency: 'high',
      html_url: 'https://example.pagerduty.com/incidents/P8E12U3',
      service: { id: 'P6MZ15N', name: 'Shop checkout', summary: 'Shop checkout', type: 'service' },
    },
  })
const pagerDutyWebhook = (type: string, data: unknown) =>
  event('aws.partner/pagerduty.com/shop', { event: { id: 'e', event_type: type, occurred_at: later, data } })
const opsgenie = (action: string, alert: object = {}) =>
  event('aws.partner/opsgenie.com/shop', {
    action,
    alert: {
      alertId: '44f7-17',
      message: 'Checkout fails',
      tags: ['team-shop', 'checkout'],
      createdAt: atMs,
      priority: 'P2',
      ...alert,
    },
  })
const record = 'arn:aws:ssm-incidents::111122223333:incident-record/Shop-Checkout/6ebcc812-85f5'
const started = event('aws.ssm-incidents', {
  eventSource: 'ssm-incidents.amazonaws.com',
  eventName: 'StartIncident',
  eventTime: at,
  requestParameters: {
    responsePlanArn: 'arn:aws:ssm-incidents::111122223333:response-plan/Shop-Checkout',
    impact: 2,
    title: 'Slow',
  },
  responseElements: { incidentRecordArn: record },
})
const updated = (status: string) =>
  event('aws.ssm-incidents', {
    eventName: 'UpdateIncidentRecord',
    eventTime: later,
    requestParameters: { arn: record, status },
    responseElements: null,
  })

/** As the functions do: calls and events have one each. */
const readIncident = (input: unknown) => (isEvent(input) ? readIncidentEvent(input) : readCall(input))

describe('an incident', () => {
  it('is never taken from an event by the function of calls', () => {
    for (const told of [event('tidegate.incident', call), started, opsgenie('Create')])
      expect(() => readCall(told)).toThrow(expect.objectContaining({ code: 'call_invalid' }) as Error)
  })

  it('from a call, or from our own event, has a beginning and perhaps an end', () => {
    const { openedAt: _, service: _service, ...rest } = call
    const opened = { ...rest, kind: 'opened', atMs }
    expect(readIncident(call)).toEqual({ keys: ['checkout'], notices: [opened], isCall: true })
    expect(readIncident(event('tidegate.incident', { ...call, resolvedAt: later }))).toEqual({
      keys: ['checkout'],
      notices: [opened, { ...opened, kind: 'resolved', atMs: laterMs }],
      isCall: true,
      origin: home,
    })
  })

  it('from PagerDuty begins when it was created and ends when its resolution was reported', () => {
    const words = { severity: 'high', title: 'Taco Shells', url: 'https://example.pagerduty.com/incidents/P8E12U3' }
    const seen = { source: 'pagerduty', id: 'P8E12U3', ...words }
    const keys = ['P6MZ15N', 'Shop checkout']
    expect(readIncident(pagerDuty('incident.trigger'))).toEqual({
      keys,
      notices: [{ ...seen, kind: 'opened', atMs }],
      isCall: false,
      origin: home,
    })
    expect(readIncident(pagerDuty('incident.resolve')).notices).toEqual([{ ...seen, kind: 'resolved', atMs: laterMs }])
    const { incident } = pagerDuty('').detail as { readonly incident: object }
    expect(readIncident(pagerDutyWebhook('incident.triggered', incident)).notices).toEqual([
      { ...seen, kind: 'opened', atMs },
    ])
    expect(readIncident(pagerDutyWebhook('incident.resolved', incident)).notices).toEqual([
      { ...seen, kind: 'resolved', atMs: laterMs },
    ])
  })

  it('from Opsgenie is an alert, found by its tags', () => {
    const seen = { source: 'opsgenie', id: '44f7-17', severity: 'P2', title: 'Checkout fails' }
    expect(readIncident(opsgenie('Create'))).toEqual({
      keys: ['team-shop', 'checkout'],
      notices: [{ ...seen, kind: 'opened', atMs }],
      isCall: false,
      origin: home,
    })
    expect(readIncident(opsgenie('Close')).notices).toEqual([{ ...seen, kind: 'resolved', atMs: laterMs }])
  })

  it('from Incident Manager is found by its response plan, by name or ARN', () => {
    const seen = { source: 'incident-manager', id: 'incident-record/Shop-Checkout/6ebcc812-85f5' }
    const keys = ['Shop-Checkout', 'arn:aws:ssm-incidents::111122223333:response-plan/Shop-Checkout']
    expect(readIncident(started)).toEqual({
      keys,
      notices: [{ ...seen, kind: 'opened', atMs, title: 'Slow', severity: 'impact 2' }],
      isCall: false,
      origin: home,
    })
    expect(readIncident(updated('RESOLVED'))).toEqual({
      keys,
      notices: [{ ...seen, kind: 'resolved', atMs: laterMs }],
      isCall: false,
      origin: home,
    })
  })

  it.each([
    pagerDuty('incident.acknowledge'),
    pagerDutyWebhook('incident.annotated', { id: 'P1', content: 'no incident' }),
    pagerDutyWebhook('service.updated', {}),
    opsgenie('Acknowledge'),
    updated('OPEN'),
    event('aws.ssm-incidents', { ...(started.detail as object), errorCode: 'AccessDenied' }),
    event('aws.ssm-incidents', { eventName: 'CreateTimelineEvent', eventTime: at }),
  ])('is not created by their other events: %#', (other) => {
    expect(readIncident(other).notices).toEqual([])
  })

  const code = (input: unknown): unknown => {
    try {
      readIncident(input)
      return undefined
    } catch (error) {
      return (error as { readonly code: string }).code
    }
  }

  it.each([
    [undefined, 'call_invalid'],
    [{ ...call, openedAt: 'yesterday' }, 'call_invalid'],
    [{ ...call, surplus: 1 }, 'call_invalid'],
    [{ ...call, url: 'javascript:alert(1)' }, 'call_invalid'],
    [event('tidegate.incident', { ...call, id: '' }), 'event_invalid'],
    [event('aws.s3', {}), 'event_unknown'],
    [event('aws.partner/pagerduty.com/x', { event: 'incident.trigger' }), 'event_invalid'],
    [pagerDutyWebhook('incident.triggered', {}), 'event_invalid'],
    [{ ...opsgenie('Close'), time: undefined }, 'event_invalid'],
    [event('aws.ssm-incidents', { eventName: 'StartIncident', eventTime: at }), 'event_invalid'],
  ])('that is invalid is refused: %j', (input, expected) => {
    expect(code(input)).toBe(expected)
  })

  it('is parsed, or a Problem, whatever a field is', () => {
    const keys = Object.keys(IncidentCall.shape)
    const changed = fc.tuple(fc.constantFrom(...keys), fc.jsonValue())
    fc.assert(
      fc.property(changed, ([key, value]) => {
        expect([undefined, 'call_invalid']).toContain(code({ ...call, [key]: value }))
      }),
    )
  })
})

it('belongs to every service that has one of its keys, or that name', () => {
  const shop = service({ name: 'shop', incidents: { keys: ['P6MZ15N', 'team-shop'] } })
  const cart = service({ name: 'cart', incidents: { keys: ['team-shop'] } })
  const names = (...keys: string[]): string[] =>
    servicesOf({ keys, notices: [], isCall: true }, [shop, cart], home).map(({ name }) => name)
  expect(names('team-shop')).toEqual(['shop', 'cart'])
  expect(names('cart', 'P6MZ15N')).toEqual(['shop', 'cart'])
  expect(names('P6')).toEqual([])
})

it('from another account, or another region, belongs to the services that name it', () => {
  const from = ['444455556666', '777788889999/us-west-2']
  const shop = service({ name: 'shop', incidents: { keys: ['team-shop'], from } })
  const cart = service({ name: 'cart', incidents: { keys: ['team-shop'] } })
  const names = (account: string, region: string): string[] =>
    servicesOf(
      { keys: ['team-shop'], notices: [], isCall: false, origin: { account, region } },
      [shop, cart],
      home,
    ).map(({ name }) => name)
  expect(names('111122223333', 'eu-west-1')).toEqual(['shop', 'cart'])
  expect(names('111122223333', 'us-west-2')).toEqual([])
  expect(names('444455556666', 'eu-west-1')).toEqual(['shop'])
  expect(names('444455556666', 'us-west-2')).toEqual([])
  expect(names('777788889999', 'us-west-2')).toEqual(['shop'])
  expect(names('777788889999', 'eu-west-1')).toEqual([])
  expect(() => service({ incidents: { from: ['shop.example'] } })).toThrow('an account')
})
