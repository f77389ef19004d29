// Incidents reported by call and by event, on the embedded cloud under the stack's policies.
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Sandbox, openSandbox, startMs } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 60 })
  await sandbox.world.services.put(sampleService({ hooks: [], incidents: { keys: ['team-shop'] } }))
})
afterEach(() => sandbox.close())

const openedAt = new Date(startMs + 1000).toISOString()
const call = { id: 'i1', service: 'team-shop', openedAt, source: 'statuspage' }
const known = async () => (await sandbox.world.incidents.list('checkout', 0, startMs + 9_000_000)).items

it('reported by a call becomes an incident of the service', async () => {
  expect(await sandbox.ask('incident', call)).toEqual({ services: ['checkout'] })
  expect(await known()).toEqual([{ service: 'checkout', source: 'statuspage', id: 'i1', openedAtMs: startMs + 1000 }])
})

it('reported by events, in any order and twice, is one incident', async () => {
  const tell = async (detail: object): Promise<void> => {
    const entry = { Source: 'tidegate.incident', DetailType: 'Incident', Detail: JSON.stringify(detail) }
    await sandbox.clients.events.send(new PutEventsCommand({ Entries: [entry] }))
    await sandbox.clock.settle()
  }
  const resolvedAt = new Date(startMs + 60_000).toISOString()
  await tell({ ...call, resolvedAt })
  await tell(call)
  expect(await known()).toMatchObject([{ id: 'i1', resolvedAtMs: startMs + 60_000 }])
})

it('of an unknown service is refused to a caller, and ignored in events from a platform', async () => {
  await expect(sandbox.ask('incident', { ...call, service: 'nobody' })).rejects.toMatchObject({
    name: 'Tidegate.service_missing',
  })
  const alert = { alertId: 'a', tags: ['nobody'], createdAt: startMs }
  const { home } = sandbox.world
  const event = {
    ...home,
    source: 'aws.partner/opsgenie.com/x',
    'detail-type': 'x',
    detail: { action: 'Create', alert },
  }
  await expect(sandbox.orderAs('ci')('incident', 'checkout', event)).rejects.toMatchObject({ code: 'call_invalid' })
  expect(await sandbox.ask('hear', event)).toEqual({ services: [] })
  expect(sandbox.logged.at(-1)?.['message']).toContain('No service is called nobody')
  expect(await known()).toEqual([])
})
