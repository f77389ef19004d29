// Every tool of `tidegate mcp`, by the official client, on the embedded cloud in virtual time.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tools } from '../../../cli/mcp/server.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleDefinition, sampleService } from '../../../local/sample-service.ts'
import { shiftsOfAllKinds } from '../../core/observe/shifts.ts'
import { type Answer, connected } from './client.ts'

let sandbox: Sandbox
let orders: { readonly route: string; readonly body: unknown; readonly key: string | undefined }[]
let agent: Awaited<ReturnType<typeof connected>>
const role = 'arn:aws:sts::000000000000:assumed-role/release-agent/night'

beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  orders = []
  const { hooks: _, ...world } = sandbox.world
  const order = sandbox.orderAs(role)
  agent = await connected({
    ...world,
    order: (route, service, body, key) => {
      if (route !== 'ask') orders.push({ route, body, key })
      return order(route, service, body)
    },
  })
})
afterEach(async () => {
  expect(agent.bugs).toEqual([])
  await agent.close()
  sandbox.close()
})

const live = async (): Promise<string> => sandbox.start({ version: await sandbox.publish('v2') })
const good = (answer: Answer): unknown => {
  expect(answer, answer.text).toMatchObject({ isError: false })
  return answer.data
}
const refusal = (code: string) => ({ isError: true, data: { code } })

describe('the list of tools', () => {
  it('says of each whether it changes anything', async () => {
    const { tools: listed } = await agent.client.listTools()
    const acting = listed.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name)
    expect(acting).toEqual(['pause', 'put_back'])
    expect(listed.find(({ name }) => name === 'put_back')?.annotations).toMatchObject({
      destructiveHint: true,
      idempotentHint: true,
    })
    for (const { name, inputSchema, description } of listed) {
      expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false })
      expect(description, name).toMatch(/\.$/)
    }
  })

  it('has none that gives traffic, opens a gate or changes a definition', () => {
    expect(tools.map(({ name }) => name)).toEqual([
      ...['services', 'service', 'releases', 'observed', 'release', 'evidence', 'log', 'budget', 'gates', 'line'],
      ...[
        'on_call',
        'messages',
        'runbook',
        'explain',
        'replay',
        'dry_run',
        'validate',
        'pause',
        'put_back',
        'person_command',
      ],
    ])
  })
})

describe('what only reads', () => {
  it('answers all of it, and orders nothing', async () => {
    const id = await live()
    await sandbox.minutes(3)
    const asked: Readonly<Record<string, Record<string, unknown>>> = {
      ...{
        services: {},
        service: { service: 'checkout' },
        releases: { service: 'checkout' },
        observed: { service: 'checkout' },
        release: { release: id },
      },
      ...{ evidence: { release: id }, log: { release: id }, budget: { service: 'checkout' } },
      ...{ gates: { service: 'checkout' }, line: {}, on_call: {}, messages: { release: id }, runbook: {} },
      ...{ explain: { service: 'checkout' }, replay: { release: id, policy: 'stricter' } },
      ...{ dry_run: { service: 'checkout', version: '1' }, validate: { definition: sampleDefinition() } },
      ...{ person_command: { order: 'promote', service: 'checkout' } },
    }
    const reading = tools.filter(({ hints }) => hints.readOnlyHint).map(({ name }) => name)
    expect(Object.keys(asked).sort()).toEqual([...reading].sort())
    const before = (await sandbox.events(id)).length
    for (const name of reading) good(await agent.call(name, asked[name]))
    expect(orders).toEqual([])
    expect(await sandbox.events(id)).toHaveLength(before)
  })

  it('explains where a release stands, and what putting it back would change', async () => {
    const id = await live()
    await sandbox.minutes(2)
    const answer = await agent.call('explain', { service: 'checkout' })
    expect(good(answer)).toMatchObject({ releaseId: id, service: 'checkout', now: { state: 'baking' } })
    expect(answer.says[0]).toBe(
      `put_back would move all traffic: checkout to version 1. Its arguments: {"service":"checkout","release":"${id}","to":{"checkout":"1"}}, and a reason.`,
    )
    expect(answer.says[1]).toContain('A person may now: promote, abort.')
    expect(await agent.call('explain', {})).toMatchObject(refusal('call_invalid'))
    expect(await agent.call('explain', { release: id, service: 'checkout' })).toMatchObject(refusal('call_invalid'))
    expect(await agent.call('explain', { service: 'nonesuch' })).toMatchObject(refusal('release_missing'))
  })

  it('reads a log in pages', async () => {
    const id = await live()
    const first = good(await agent.call('log', { release: id, limit: 2 })) as { items: unknown[]; next: string }
    expect(first.items).toHaveLength(2)
    const second = good(await agent.call('log', { release: id, limit: 2, next: first.next })) as {
      items: { seq: number }[]
    }
    expect(second.items[0]?.seq).toBe(3)
    expect(await agent.call('log', { release: id, next: 'x' })).toMatchObject(refusal('call_invalid'))
  })

  it('says what Tidegate would have done with shifts of others, in pages', async () => {
    for (const row of shiftsOfAllKinds('checkout', sandbox.clock.nowMs() - 7 * 3_600_000))
      await sandbox.world.observations.putShift(row)
    const first = await agent.call('observed', { service: 'checkout', limit: 5 })
    expect(first.says[0]).toBe('6 shifts by others. Tidegate would have put back 2, and let 1 through.')
    expect(first.data).toMatchObject({ totals: { days: 30, caught: 2 } })
    const { next } = first.data as { next: string }
    const second = await agent.call('observed', { service: 'checkout', limit: 5, next })
    expect(second.says).toEqual([])
    expect(second.data).toMatchObject({
      items: [
        { finding: 'caught', wouldPutBack: { because: { untrusted: expect.stringMatching(/^errors:/) as string } } },
      ],
    })
    expect(await agent.call('observed', { service: 'nonesuch' })).toMatchObject(refusal('service_missing'))
  })

  it('judges the evidence again under another definition', async () => {
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: {} }))
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    expect(await agent.call('replay', { release: id, definition: sampleDefinition() })).toMatchObject(
      refusal('replay_invalid'),
    )
    await sandbox.finish(id)
    expect((await agent.call('replay', { release: id, policy: 'looser' })).isError).toBe(false)
    const definition = { ...sampleDefinition(), signals: { errors: 'off', latency: 'off' } }
    const under = await agent.call('replay', { release: id, definition })
    expect(under.says[0]).toMatch(/^Under this definition, \d+ minutes of evidence would not have put it back\.$/)
    expect(good(under)).toMatchObject({ outcome: 'rolledBack' })
    expect((await agent.call('replay', { release: id, definition: sampleDefinition() })).says[0]).toMatch(
      /^Under this definition, minute \d+ of \d+ would have put it back\.$/,
    )
    expect(await agent.call('replay', { release: id })).toMatchObject(refusal('call_invalid'))
    expect(
      await agent.call('replay', { release: id, definition: { ...sampleDefinition(), name: 'other' } }),
    ).toMatchObject(refusal('replay_invalid'))
    expect(await agent.call('replay', { release: id, definition: { plan: 7 } })).toMatchObject(
      refusal('definition_invalid'),
    )
  })

  it('validates a definition, and gives sections of the runbook', async () => {
    expect(good(await agent.call('validate', { definition: { name: 'x', plan: 7 } }))).toMatchObject({ isValid: false })
    expect((await agent.call('runbook', { section: 'rolledBack' })).says[0]).toContain(
      '- First: `tidegate log RELEASE`',
    )
    expect((await agent.call('runbook')).says[0]).toContain('nothing_to_return_to')
    expect(await agent.call('runbook', { section: '../security' })).toMatchObject(refusal('problem_missing'))
  })

  it('says what people were told', async () => {
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    expect((await agent.call('messages', { release: id })).says[0]).toMatch(/^Nobody is told/)
    await sandbox.finish(id)
    await sandbox.minutes(2)
    const told = await agent.call('messages', { release: id })
    expect(told.says).toEqual(['It was told.'])
    expect(good(told)).toMatchObject({ kind: 'rolledBack' })
  })
})
