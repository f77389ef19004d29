// The ports on the DynamoDB table, with the real SDK client, against the embedded cloud.
//
// Known difference: dynalite ignores ReturnValuesOnConditionCheckFailure, so here the item in the way is read by a second call;
// aws-answers.test.ts tests the answer that contains it.
import { CreateTableCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, describe, expect, it } from 'vitest'
import { awsAlarmWatch } from '../../cloud/aws/dynamodb/alarm-watch.ts'
import { awsAttestations } from '../../cloud/aws/dynamodb/attestations.ts'
import { awsDefinitions } from '../../cloud/aws/dynamodb/definitions.ts'
import { awsHistory } from '../../cloud/aws/dynamodb/history.ts'
import { awsLine } from '../../cloud/aws/dynamodb/line.ts'
import { awsObservations } from '../../cloud/aws/observed/observations.ts'
import { awsWatches } from '../../cloud/aws/table/watches.ts'
import { awsIncidents } from '../../cloud/aws/dynamodb/incidents.ts'
import { awsJournal } from '../../cloud/aws/dynamodb/journal.ts'
import { awsKeptAnswers } from '../../cloud/aws/dynamodb/kept-answers.ts'
import { awsLeases } from '../../cloud/aws/dynamodb/leases.ts'
import { awsMessages } from '../../cloud/aws/dynamodb/messages.ts'
import { awsOpenReleases } from '../../cloud/aws/dynamodb/open-releases.ts'
import { awsTurns } from '../../cloud/aws/dynamodb/turns.ts'
import { awsQueues } from '../../cloud/aws/dynamodb/queues.ts'
import { awsReturns } from '../../cloud/aws/dynamodb/returns.ts'
import { awsServices } from '../../cloud/aws/dynamodb/services.ts'
import { type Item, keys, queryItems, type Table } from '../../cloud/aws/dynamodb/table.ts'
import type { Warm } from '../../core/concurrency/warm.ts'
import type { LogKey as Key } from '../../core/release/log-key.ts'
import { awsWaitingLists } from '../../cloud/aws/dynamodb/waiting-lists.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { alarmWatchContract } from './ports/alarm-watch.ts'
import { openEmbedded } from './embedded.ts'
import { awsBudgets } from '../../cloud/aws/dynamodb/budgets.ts'
import { attestationsContract } from './ports/attestations.ts'
import { budgetsContract } from './ports/budgets.ts'
import { historyContract } from './ports/history.ts'
import { incidentsContract } from './ports/incidents.ts'
import { observationsContract } from './observations.ts'
import { watchesContract } from './watches.ts'
import { journalContract } from './ports/journal.ts'
import { keptAnswersContract, leasesContract, lineContract } from './ports/leases.ts'
import { openReleasesContract } from './ports/open-releases.ts'
import { messagesContract } from './ports/outbox.ts'
import { turnsContract } from './ports/turns.ts'
import { returnsContract } from './ports/returns.ts'
import { expectProblem, open as sampleOpen, paused, requested, service, t0Ms } from './samples.ts'
import { definitionsContract, servicesContract } from './ports/services.ts'
import { queuesContract, waitingListsContract } from './ports/waiting-lists.ts'

const cloud = openEmbedded(t0Ms)
const client = cloud.dynamodb
let tables = 0

async function openTable(): Promise<Table> {
  tables += 1
  const name = `tidegate-${tables}`
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  )
  return { client, name }
}

const putRaw = (table: Table, { pk, sk }: Key, content: Item) =>
  client.send(new PutItemCommand({ TableName: table.name, Item: { pk: { S: pk }, sk: { S: sk }, ...content } }))
const putText = (table: Table, key: Key, text: string) => putRaw(table, key, { body: { S: text } })

afterAll(() => cloud.close())

journalContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    journal: awsJournal(table),
    spoilEvent: (id, seq, text) => putText(table, keys.event(id, seq), text),
    spoilWaiter: (id, slot, text) => putText(table, keys.waiter(id, slot), text),
  }
})
servicesContract('DynamoDB', async () => {
  const table = await openTable()
  return { services: awsServices(table), spoil: (name, text) => putText(table, keys.service(name), text) }
})
definitionsContract('DynamoDB', async () => {
  const table = await openTable()
  const spoil = (name: string, seq: number, text: string) => putText(table, keys.definition(name, seq), text)
  return { definitions: awsDefinitions(table), spoil }
})
messagesContract('DynamoDB', async () => {
  const table = await openTable()
  return { messages: awsMessages(table), spoil: (key, text) => putText(table, keys.message(key), text) }
})
turnsContract('DynamoDB', async () => {
  const table = await openTable()
  const spoil = (queue: string, value: string | number) =>
    putRaw(table, keys.turn(queue), { freeAtMs: typeof value === 'string' ? { S: value } : { N: String(value) } })
  return { turns: awsTurns(table), spoil }
})
queuesContract('DynamoDB', async () => ({ queues: awsQueues(await openTable()) }))
waitingListsContract('DynamoDB', async () => ({ waitingLists: awsWaitingLists(await openTable()) }))
leasesContract('DynamoDB', async () => ({ leases: awsLeases(await openTable()) }))
keptAnswersContract('DynamoDB', async () => ({ keptAnswers: awsKeptAnswers(await openTable()) }))
openReleasesContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    openReleases: awsOpenReleases(table),
    spoil: (service, _, id, text) => putText(table, keys.open(service, id), text),
  }
})
attestationsContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    attestations: awsAttestations(table),
    spoil: (subject, by, text) => putText(table, keys.attestation(subject, by), text),
  }
})
observationsContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    observations: awsObservations(table),
    spoil: (service, atMs, id, text) => putText(table, keys.shift(service, atMs, id), text),
  }
})
watchesContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    watches: awsWatches(table),
    spoil: (service, releaseId, text) => putText(table, keys.watch(service, releaseId), text),
  }
})
incidentsContract('DynamoDB', async () => {
  const table = await openTable()
  return { incidents: awsIncidents(table), spoil: (notice, text) => putText(table, keys.incident(notice), text) }
})
lineContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    line: awsLine(table),
    spoil: (service, text) => putText(table, keys.line(service === '*' ? undefined : service), text),
  }
})
historyContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    history: awsHistory(table),
    spoil: (service, atMs, id, text) => putText(table, keys.head(service, atMs, id), text),
  }
})
budgetsContract('DynamoDB', async () => {
  const table = await openTable()
  return {
    budgets: awsBudgets(table),
    spoilHour: (service, slo, hourMs, text) => putText(table, keys.budgetHour(service, slo, hourMs), text),
    spoilMark: (service, slo, text) => putText(table, keys.budgetMark(service, slo), text),
  }
})
returnsContract('DynamoDB', async () => {
  const table = await openTable()
  return { returns: awsReturns(table), spoil: (id, text) => putText(table, keys.returnRecord(id), text) }
})
alarmWatchContract('DynamoDB', async () => ({ alarmWatch: awsAlarmWatch(await openTable()) }))

describe('what expires', () => {
  it("are the ledger's hours, after 400 days; marks, logs and leases stay", async () => {
    const table = await openTable()
    const hourMs = Date.UTC(2028, 1, 29, 23)
    await awsBudgets(table).putHour('orders', 'fast', hourMs, [{ atMs: hourMs, good: 1, bad: 0 }])
    await awsBudgets(table).setMark('orders', 'fast', { readToMs: hourMs, told: [] })
    await awsJournal(table).append('r1', requested('r1'))
    await awsLeases(table).take('orders', 'r1')
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }))
    const expiring = Items.filter((item) => item['expiresAt'] !== undefined)
    expect(Items).toHaveLength(4)
    // 2029-04-04 is 400 days later.
    expect(expiring.map(({ sk, expiresAt }) => [sk, expiresAt])).toEqual([
      [{ S: keys.budgetHour('orders', 'fast', hourMs).sk }, { N: String(Date.UTC(2029, 3, 4, 23) / 1000) }],
    ])
  })
})

describe('items that no code of ours wrote', () => {
  const bodies: readonly Item[] = [
    {},
    { body: { N: '1' } },
    { body: { M: {} } },
    { body: { S: '' } },
    { body: { NULL: true } },
  ]

  it('are a Problem that names the key, whatever their attributes', async () => {
    const table = await openTable()
    const journal = awsJournal(table)
    await journal.append('r1', requested('r1'))
    for (const body of bodies) {
      await putRaw(table, keys.event('r1', 2), body)
      await expectProblem('item_unreadable', journal.read('r1'), /RELEASE#r1.*EVENT#000002/)
    }
    await putRaw(table, keys.lease('orders'), {})
    await expectProblem('item_unreadable', awsLeases(table).holder('orders'), /LEASE/)
    await expectProblem('item_unreadable', awsLeases(table).take('orders', 'r1'), /LEASE/)
  })

  it('do not count as our own write', async () => {
    const table = await openTable()
    const journal = awsJournal(table)
    await putRaw(table, keys.event('r1', 1), {})
    expect(await journal.append('r1', requested('r1'))).toBeUndefined()
  })

  it('cannot put an event of one release into the log of another', async () => {
    const table = await openTable()
    const journal = awsJournal(table)
    await journal.append('r1', requested('r1'))
    await journal.append('r1', paused(2))
    expect((await journal.read('r')).events).toEqual([])
    await putText(table, keys.open('orders', 'r2'), JSON.stringify({ broken: true }))
    expect(await awsOpenReleases(table).list()).toMatchObject({
      items: [],
      unreadable: [{ about: { service: 'orders', releaseId: 'r2' }, problem: { code: 'item_unreadable' } }],
    })
  })
})

it('takes an entry for an open one if it cannot read what is kept warm: the sweep settles it again', async () => {
  const table = await openTable()
  const open = awsOpenReleases(table)
  await open.add(sampleOpen('o-1'))
  const kept: Warm = {
    ...{ v: 1, service: 'orders', releaseId: 'o-1', promotedAtMs: t0Ms, settledAtMs: t0Ms, untilMs: t0Ms + 1 },
    targets: [{ functionName: 'orders-api', alias: 'live', stable: '1', candidate: '2' }],
  }
  const [{ body = { S: '' } } = {}] = await queryItems(table, { pk: 'OPEN' })
  const spoilt = ['', 'null', '[]', '{}', '{"v":2}', { ...kept, releaseId: 'o-2' }, { ...kept, targets: [] }].map(
    (one) => (typeof one === 'string' ? { S: one } : { S: JSON.stringify(one) }),
  )
  for (const warm of [...spoilt, { N: '5' }, { BOOL: true }]) {
    await putRaw(table, keys.open('orders', 'o-1'), { body, warm })
    expect(await open.all()).toEqual({ open: [{ service: 'orders', releaseId: 'o-1' }], warm: [] })
    expect((await open.list()).items).toEqual([sampleOpen('o-1')])
  }
  await open.keepWarm(kept)
  expect(await open.all()).toEqual({ open: [], warm: [kept] })
})

describe('a table that is not there', () => {
  it('is aws_unavailable, with its cause', async () => {
    const journal = awsJournal({ client, name: 'nowhere' })
    const problem = await expectProblem('aws_unavailable', journal.read('r1'), /dynamodb:Query/)
    expect(problem.cause).toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('services that older code stored', () => {
  it('are found by listing all services, until the sweep has written their lookup entries', async () => {
    const table = await openTable()
    const orders = service('orders')
    await putText(table, keys.service('orders'), JSON.stringify(orders))
    const key = serviceKey.target('orders-api')
    expect((await awsServices(table).under([key])).items).toEqual([orders])
    await awsServices(table).index(false)
    expect((await awsServices(table).under([key])).items).toEqual([orders])
    // From then on services are no longer listed: one that is stored without entries is found after the next day's sweep.
    await putText(table, keys.service('billing'), JSON.stringify(service('billing')))
    const late = serviceKey.target('billing-api')
    expect((await awsServices(table).under([late])).items).toEqual([])
    await awsServices(table).index(false)
    expect((await awsServices(table).under([late])).items).toEqual([])
    await awsServices(table).index(true)
    expect((await awsServices(table).under([late, key])).items.map(({ name }) => name)).toEqual(['billing', 'orders'])
  })

  it('a lookup entry without a definition finds nothing, and an unreadable definition is reported', async () => {
    const table = await openTable()
    const services = awsServices(table)
    await services.put(service('orders'))
    await services.index(false)
    await putRaw(table, keys.find(serviceKey.target('orders-api'), 'ghost'), {})
    expect((await services.under([serviceKey.target('orders-api')])).items.map(({ name }) => name)).toEqual(['orders'])
    await putText(table, keys.service('orders'), '{}')
    const { items, unreadable } = await services.under([serviceKey.target('orders-api')])
    expect(items).toEqual([])
    expect(unreadable).toMatchObject([{ about: { service: 'orders' }, problem: { code: 'item_unreadable' } }])
  })
})
