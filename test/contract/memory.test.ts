// Every in-memory port against the contracts, and its extra feature: failing on request.
import { describe, expect, it } from 'vitest'
import { type Fault, isCrash } from '../memory/faults.ts'
import { definitionsKey } from '../memory/stores/definitions.ts'
import { historyOf } from '../memory/stores/history.ts'
import { logOf, waitersOf } from '../memory/stores/journal.ts'
import { memoryCloud, type MemoryCloud, type PortMethod } from '../memory/memory.ts'
import { memoryMessenger } from '../memory/pager.ts'
import { messagesKey } from '../memory/stores/messages.ts'
import type { Channel } from '../../core/message/kept.ts'
import { type Page, pageOf, textOf } from '../../core/page.ts'
import { openKey } from '../memory/stores/open-releases.ts'
import { turnsKey } from '../memory/stores/turns.ts'
import { servicesKey } from '../memory/stores/services.ts'
import { padded } from '../memory/stores/table.ts'
import type { Artifact } from '../../core/service/candidate.ts'
import { only, type Routing, split } from '../../core/service/routing.ts'
import type { Point } from '../../core/verdict/evidence/evidence.ts'
import { attestationsOf } from '../memory/stores/attestations.ts'
import { attestationsContract } from './ports/attestations.ts'
import { alarmWatchContract } from './ports/alarm-watch.ts'
import { executionsContract } from './ports/executions.ts'
import { budgetOf, hourKey, markKey } from '../memory/stores/budgets.ts'
import { concurrencyContract } from './concurrency.ts'
import { budgetReportsContract } from './ports/budget-reports.ts'
import { budgetsContract } from './ports/budgets.ts'
import { historyContract } from './ports/history.ts'
import { hooksContract } from './ports/hooks.ts'
import { incidentsKey, noticeKey } from '../memory/stores/incidents.ts'
import { incidentsContract } from './ports/incidents.ts'
import { observationsContract } from './observations.ts'
import { watchesContract } from './watches.ts'
import { shiftsKey, timeKey } from '../memory/observations.ts'
import { watchKey } from '../memory/watches.ts'
import { journalContract } from './ports/journal.ts'
import { keptAnswersContract, leasesContract, lineContract } from './ports/leases.ts'
import { openReleasesContract } from './ports/open-releases.ts'
import { messagesContract, outboxContract } from './ports/outbox.ts'
import { turnsContract } from './ports/turns.ts'
import { pipelinesContract } from './ports/pipelines.ts'
import { expectProblem, paused, requested, t0Ms } from './samples.ts'
import { returnsKey } from '../memory/stores/returns.ts'
import { returnsContract } from './ports/returns.ts'
import { definitionsContract, servicesContract } from './ports/services.ts'
import { telemetryContract } from './ports/telemetry.ts'
import { trafficContract } from './ports/traffic.ts'
import { versionsContract } from './ports/versions.ts'
import { queuesContract, waitingListsContract } from './ports/waiting-lists.ts'

const openMemory = (): MemoryCloud => memoryCloud({ clock: { nowMs: () => t0Ms } })
const target = { functionName: 'orders-api', alias: 'live', service: 'orders' }

journalContract('memory', () => {
  const { journal, inspect } = openMemory()
  return Promise.resolve({
    journal,
    spoilEvent: (id, seq, text) => inspect.corrupt(logOf(id), padded(seq), text),
    spoilWaiter: (id, slot, text) => inspect.corrupt(waitersOf(id), slot, text),
  })
})
servicesContract('memory', () => {
  const { services, inspect } = openMemory()
  return Promise.resolve({ services, spoil: (name, text) => inspect.corrupt(servicesKey, name, text) })
})
definitionsContract('memory', () => {
  const { definitions, inspect } = openMemory()
  const spoil = (name: string, seq: number, text: string) => inspect.corrupt(definitionsKey(name), padded(seq), text)
  return Promise.resolve({ definitions, spoil })
})
turnsContract('memory', () => {
  const { turns, inspect } = openMemory()
  return Promise.resolve({ turns, spoil: (queue, value) => inspect.corrupt(turnsKey, queue, JSON.stringify(value)) })
})
queuesContract('memory', () => Promise.resolve(openMemory()))
waitingListsContract('memory', () => Promise.resolve(openMemory()))
keptAnswersContract('memory', () => Promise.resolve(openMemory()))
leasesContract('memory', () => Promise.resolve(openMemory()))
openReleasesContract('memory', () => {
  const { openReleases, inspect } = openMemory()
  const spoil = (service: string, _: number, id: string, text: string): unknown =>
    inspect.corrupt(openKey, `${service}#${id}`, text)
  return Promise.resolve({ openReleases, spoil })
})
lineContract('memory', () => {
  const { line, inspect } = openMemory()
  return Promise.resolve({ line, spoil: (service, text) => inspect.corrupt('line', service, text) })
})
historyContract('memory', () => {
  const { history, inspect } = openMemory()
  const spoil = (service: string, atMs: number, id: string, text: string): unknown =>
    inspect.corrupt(historyOf(service), `${padded(atMs)}#${id}`, text)
  return Promise.resolve({ history, spoil })
})
attestationsContract('memory', () => {
  const { attestations, inspect } = openMemory()
  const spoil = (subject: string, by: string, text: string) => inspect.corrupt(attestationsOf(subject), by, text)
  return Promise.resolve({ attestations, spoil })
})
budgetReportsContract('memory', () => {
  const { budgetReports, inspect } = openMemory()
  return Promise.resolve({
    reports: budgetReports,
    setGood: (id) =>
      inspect.setReport(id, {
        status: 'ok',
        unit: 'requests',
        total: 100,
        left: 75,
        attainmentPercent: 99.95,
        goalPercent: 99.9,
      }),
    setInsufficient: (id) => inspect.setReport(id, { status: 'unknown', because: 'there is not enough data' }),
  })
})

observationsContract('memory', () => {
  const { observations, inspect } = openMemory()
  return Promise.resolve({
    observations,
    spoil: (service, atMs, id, text) => inspect.corrupt(shiftsKey(service), timeKey(atMs, id), text),
  })
})
watchesContract('memory', () => {
  const { watches, inspect } = openMemory()
  const spoil = (service: string, releaseId: string, text: string) =>
    inspect.corrupt(watchKey, `${service}#${releaseId}`, text)
  return Promise.resolve({ watches, spoil })
})
incidentsContract('memory', () => {
  const { incidents, inspect } = openMemory()
  return Promise.resolve({
    incidents,
    spoil: (notice, text) => inspect.corrupt(incidentsKey(notice.service), noticeKey(notice), text),
  })
})
budgetsContract('memory', () => {
  const { budgets, inspect } = openMemory()
  return Promise.resolve({
    budgets,
    spoilHour: (service, slo, hourMs, text) => inspect.corrupt(budgetOf(service, slo), hourKey(hourMs), text),
    spoilMark: (service, slo, text) => inspect.corrupt(budgetOf(service, slo), markKey, text),
  })
})
returnsContract('memory', () => {
  const { returns, inspect } = openMemory()
  return Promise.resolve({ returns, spoil: (id, text) => inspect.corrupt(returnsKey, id, text) })
})
alarmWatchContract('memory', () => Promise.resolve(openMemory()))

function openTraffic() {
  const cloud = openMemory()
  cloud.inspect.setVersion('orders-api', '1')
  cloud.inspect.setVersion('orders-api', '2')
  cloud.inspect.setVersion('orders-api', '3', { role: 'arn:aws:iam::000000000000:role/other' })
  cloud.inspect.moveByHand(target, only('1'))
  return cloud
}
trafficContract('memory', () => {
  const { traffic, inspect } = openTraffic()
  const moveByHand = (routing: Routing) => inspect.moveByHand(target, routing)
  return Promise.resolve({ traffic, target, moveByHand })
})

const artifact = (key: string): Artifact => ({ kind: 's3', bucket: 'artifacts', key, versionId: 'v1' })
concurrencyContract('memory', () => {
  const { concurrency, inspect } = openMemory()
  for (const version of ['1', '2']) inspect.setVersion(target.functionName, version)
  inspect.moveByHand(target, split('1', '2', 1000))
  return Promise.resolve({ concurrency, functionName: target.functionName, settle: () => undefined })
})

versionsContract('memory', () => {
  const { versions, inspect } = openMemory()
  inspect.publishByHand('orders-api', 'first code')
  inspect.removeArtifact(artifact('missing.zip'))
  return Promise.resolve({
    versions,
    functionName: 'orders-api',
    artifact: artifact('orders.zip'),
    missing: artifact('missing.zip'),
    settle: () => Promise.resolve(),
    publishByHand: () => inspect.publishByHand('orders-api', 'another code'),
    provision: (qualifier) => inspect.provision('orders-api', qualifier),
  })
})
telemetryContract('memory', () => {
  const { telemetry, inspect } = openMemory()
  const measured = new Map<string, Point[]>()
  return Promise.resolve({
    telemetry,
    measure: (question, minuteMs, value) => {
      const points = [...(measured.get(question.key) ?? []), { minuteMs, value }]
      measured.set(question.key, points)
      inspect.setReading(question, { kind: 'points', points })
    },
    setAlarm: (name, state) => inspect.setAlarm({ name, state }),
    setComposite: (name) => inspect.setAlarm({ name, state: 'alarm' }),
  })
})
executionsContract('memory', () => {
  const { executions, inspect } = openMemory()
  const tokens = new Map<string, string>()
  return Promise.resolve({
    executions,
    openTask: async () => {
      const token = inspect.openTask()
      const execution = await executions.start(`with-${token}`, {})
      tokens.set(execution, token)
      return { token, execution }
    },
    stop: (execution) => {
      inspect.setStatus(execution, 'failed')
      inspect.closeTask(tokens.get(execution) ?? '')
    },
  })
})
hooksContract('memory', () => {
  const { hooks, inspect } = openMemory()
  inspect.setHook('echo-hook', (payload) => ({ got: payload }))
  inspect.setHook('broken-hook', () => {
    throw new Error('no luck')
  })
  return Promise.resolve({ hooks })
})
pipelinesContract('memory', () => {
  const { pipelines, inspect } = openMemory()
  const job = { functionName: 'tidegate-pipeline', userParameters: '{}', pipeline: 'delivery', account: '000000000000' }
  inspect.pipelineJobs.set('job-1', job)
  return Promise.resolve({ pipelines, jobs: ['job-1', 'job-2'], job, answerOf: (job) => inspect.jobs.get(job) })
})
messagesContract('memory', () => {
  const { messages, inspect } = openMemory()
  return Promise.resolve({ messages, spoil: (key, text) => inspect.corrupt(messagesKey, key, text) })
})
outboxContract('memory', () => {
  const { outbox, inspect } = openMemory()
  const sent: { page: Page; channel: Channel }[] = []
  const pages = () => sent.map(({ page }) => ({ subject: page.subject, text: textOf(page) }))
  return Promise.resolve({ outbox, messenger: memoryMessenger(sent), announced: () => inspect.announced, pages })
})

describe('faults on request', () => {
  it('reach every port', async () => {
    const methods: readonly [PortMethod, (cloud: MemoryCloud) => Promise<unknown>][] = [
      ['services.list', (cloud) => cloud.services.list()],
      ['openReleases.list', (cloud) => cloud.openReleases.list()],
      ['history.list', (cloud) => cloud.history.list('orders', 1)],
      ['alarmWatch.releases', (cloud) => cloud.alarmWatch.releases('a')],
      ['versions.describe', (cloud) => cloud.versions.describe(target, '1')],
      ['telemetry.alarms', (cloud) => cloud.telemetry.alarms([])],
      ['executions.start', (cloud) => cloud.executions.start('r1', {})],
      ['hooks.call', (cloud) => cloud.hooks.call('hook', {})],
      ['pager.page', (cloud) => cloud.pager.page(pageOf('rolledBack', { key: 'k' }, { sentence: 's' }))],
    ]
    const fault: Fault = 'deny'
    for (const [method, call] of methods) {
      const cloud = openMemory()
      cloud.faults.next(method, fault)
      await expectProblem('permission_denied', call(cloud), new RegExp(method))
    }
  })

  it('fail the named call, in the requested order, and no other', async () => {
    const { journal, faults } = openMemory()
    faults.next('journal.append', 'throttle', 1)
    faults.next('journal.append', 'deny')
    expect(await journal.append('r1', requested('r1'))).toBeTruthy()
    await expectProblem('aws_throttled', journal.append('r1', paused(2)))
    await expectProblem('permission_denied', journal.append('r1', paused(2)), /journal\.append/)
    expect(await journal.append('r1', paused(2))).toBeTruthy()
    expect(faults.count('journal.append')).toBe(4)
    expect(faults.count('journal.read')).toBe(0)
  })

  it('lose the answer and keep the effect', async () => {
    const { traffic, faults } = openTraffic()
    const before = await traffic.read(target)
    faults.next('traffic.write', 'lost')
    await expectProblem('aws_unavailable', traffic.write(target, split('1', '2', 100), before.revision))
    expect((await traffic.read(target)).routing).toEqual(split('1', '2', 100))
  })

  it('crash before or after the effect, with an error that is not a Problem', async () => {
    const { leases, faults } = openMemory()
    faults.next('leases.take', 'crashBefore')
    faults.next('leases.take', 'crashAfter')
    await expect(leases.take('orders', 'r1')).rejects.toSatisfy(isCrash)
    expect(await leases.holder('orders')).toBeUndefined()
    await expect(leases.take('orders', 'r1')).rejects.toSatisfy(isCrash)
    expect(await leases.holder('orders')).toBe('r1')
  })

  it('come from an observer that sees every call', async () => {
    const { leases, faults } = openMemory()
    const seen: string[] = []
    faults.observe(({ method, count, args }) => {
      seen.push(`${method} ${count} ${args.join(' ')}`)
      return count === 2 ? 'down' : undefined
    })
    await leases.take('orders', 'r1')
    await expectProblem('aws_unavailable', leases.take('orders', 'r1'))
    expect(seen).toEqual(['leases.take 1 orders r1', 'leases.take 2 orders r1'])
  })
})

describe('the memory', () => {
  it('shares no value with its writer', async () => {
    const { journal } = openMemory()
    const event = requested('r1')
    await journal.append('r1', event)
    event.service.name = 'changed'
    const [stored] = (await journal.read('r1')).events
    expect(stored).toEqual(requested('r1'))
    expect(Object.isFrozen(stored)).toBe(true)
  })

  it('can leave a series unread, and overtake a publisher, on request', async () => {
    const { telemetry, versions, inspect } = openMemory()
    const question = { key: 'q', namespace: 'Shop', metric: 'Orders', dimensions: { version: '2' }, stat: 'Sum' }
    inspect.setReading(question, { kind: 'unread', because: 'Orders: CloudWatch answered PartialData' })
    const [reading] = await telemetry.read([question], { startMs: t0Ms, endMs: t0Ms + 60_000, periodSeconds: 60 })
    expect(reading).toEqual({ kind: 'unread', because: 'Orders: CloudWatch answered PartialData' })
    inspect.publishByHand('orders-api', 'first code')
    inspect.overtakePublish('orders-api', 'their code')
    await expectProblem('code_changed', versions.publish('orders-api', artifact('orders.zip'), 'x'))
  })

  it('remembers every write of an alias, and who made it', async () => {
    const { traffic, inspect } = openTraffic()
    const { revision, routing } = await traffic.read(target)
    await traffic.write(target, routing, revision)
    expect(inspect.aliasWrites.map(({ by, changed }) => [by, changed])).toEqual([
      ['person', true],
      ['tidegate', false],
    ])
  })
})
