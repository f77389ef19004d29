// A bad night: five releases, thirty alarms, a quiet window, events that come twice, a topic that does not answer for a while.
// One message for each fact, and none missing.
import { PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import { minute, openSandbox, type Sandbox } from '../../../local/sandbox.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

const services = ['cart', 'mail', 'orders', 'search', 'stock']
const alarmsOf = (name: string): readonly string[] => [
  'database-cpu',
  ...['errors', 'latency', 'throttles', 'queue', 'disk', 'memory'].map((what) => `${name}-${what}`),
]

async function fire(name: string): Promise<void> {
  const { cloudwatch } = sandbox.clients
  for (const StateValue of ['OK', 'ALARM'] as const)
    await cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: name, StateValue, StateReason: 'the database is slow' }),
    )
}

it.each([
  // The first page, and one that names the other three releases.
  ['that of the database first', 2, true],
  // A page for each release, and a ticket with its further alarms.
  ['all at once', 8, false],
])('thirty alarms, %s, are told in %d messages, and none that matters is missing', async (_, most, isFirst) => {
  let isTopicAway = false
  const startMs = Date.UTC(2026, 0, 1)
  const quietToMs = startMs + 2 * 60 * minute
  sandbox = await openSandbox({
    perMinute: 0,
    // Every event comes twice.
    delivery: { copies: () => 2 },
    onRequest: ({ service }) => {
      if (isTopicAway && service === 'sns') throw new Error('the topic is away')
    },
  })
  const ids = new Map<string, string>()
  for (const name of services) {
    const version = await sandbox.addFunction(name)
    for (const AlarmName of alarmsOf(name))
      await sandbox.clients.cloudwatch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName, Namespace: 'Shop', MetricName: AlarmName, Statistic: 'Sum', Period: 60, Threshold: 1 },
          ...{ EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' },
        }),
      )
    await sandbox.world.services.put(
      sampleService({
        ...{ name, targets: [{ function: name, alias: 'live' }], slos: [], hooks: [], gates: {} },
        signals: { alarms: alarmsOf(name) },
        owner: { name: `team-${name}`, contact: `${name}@example.com` },
        // The mail service is under maintenance.
        ...(name === 'mail'
          ? { planned: [{ from: new Date(startMs).toISOString(), to: new Date(quietToMs).toISOString() }] }
          : {}),
      }),
    )
    ids.set(name, await sandbox.start({ service: name, version, plan: { steps: [{ weight: 10, bake: '4h' }] } }))
  }
  await sandbox.minutes(5)
  expect(sandbox.pages()).toEqual([])

  await fire('database-cpu')
  if (isFirst) await sandbox.clock.settle()
  isTopicAway = true
  await Promise.all(services.flatMap((name) => alarmsOf(name).slice(1, 6)).map(fire))
  await fire('database-cpu')
  await sandbox.minutes(2)
  isTopicAway = false
  for (const name of services)
    expect(await sandbox.release(ids.get(name) ?? '')).toMatchObject({ ending: { outcome: 'rolledBack' } })
  await sandbox.minutes(60)
  const night = sandbox.pages()
  await sandbox.clock.advanceTo(quietToMs + 2 * minute)
  const morning = sandbox.pages().slice(night.length)

  const told = (messages: typeof night, words: string): number =>
    messages.reduce((sum, { message }) => sum + message.split(words).length - 1, 0)
  for (const [name, id] of ids) {
    const sentence = `Release ${id} of ${name} was rolled back`
    expect([name, told(night, sentence), told(morning, sentence)]).toEqual([
      name,
      ...(name === 'mail' ? [0, 1] : [1, 0]),
    ])
    const owner = `team-${name}, ${name}@example.com`
    expect(told([...night, ...morning], owner)).toBeGreaterThan(0)
  }
  const subjects = [...night, ...morning].map(({ subject = '' }) => subject)
  expect(new Set(subjects).size).toBe(subjects.length)
  expect(morning.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^A quiet window has ended: (one|2) messages? about mail/),
  ])
  expect(night).toHaveLength(most)
  expect(night.some(({ subject = '' }) => subject.includes('more alarm'))).toBe(!isFirst)
  const also = night.filter(({ subject = '' }) => subject.includes('more alarm'))
  for (const { message } of also) {
    const named = message.split('\n').filter((line) => / fires\.$/.test(line))
    expect(new Set(named).size).toBe(named.length)
  }
  // The chat heard the same, in its form.
  expect(sandbox.chat()).toHaveLength(night.length + morning.length)
  for (const { message } of sandbox.chat())
    expect(JSON.parse(message)).toMatchObject({ version: '1.0', source: 'custom' })
  expect((await sandbox.world.messages.list()).items).toEqual([])
})
