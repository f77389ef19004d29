// The button of a chat, run on the embedded cloud as Amazon Q Developer runs it: with the rights of the channel's role. The
// machine and the rights are those of the stack (test/lib/messages/chat-actions.test.ts).
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bySamplePolicies } from '../../local/rights.ts'
import { sampleService } from '../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'

const machine = (name: string): string => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox({ perMinute: 0, authorize: bySamplePolicies, isWhole: true })
  for (const name of ['checkout', 'cart']) {
    if (name === 'cart') await sandbox.addFunction(name)
    const targets = [{ function: name, alias: 'live' }]
    await sandbox.world.services.put(sampleService({ ...{ name, targets, slos: [], hooks: [], gates: {} } }))
  }
})
afterAll(() => sandbox.close())

const press = async (input: object) => {
  const { executionArn } = await sandbox
    .clientsFor('role.chat-channel')
    .sfn.send(
      new StartExecutionCommand({ stateMachineArn: machine('tidegate-put-back'), input: JSON.stringify(input) }),
    )
  await sandbox.minutes(1)
  return sandbox.clients.sfn.send(new DescribeExecutionCommand({ executionArn }))
}
const live = async (service: string): Promise<string> =>
  sandbox.start({ service, version: '2', plan: { steps: [{ weight: 10, bake: '4h' }] } })

describe('the button', () => {
  it('puts a live release back, and the log names the role', async () => {
    await sandbox.publish('v2')
    const id = await live('checkout')
    const other = await live('cart')
    expect((await sandbox.alias()).weights).toEqual({ 2: 0.1 })

    // Of another service: the path says which right it is, so the release must be of that service.
    expect(await press({ service: 'checkout', releaseId: other })).toMatchObject({ status: 'FAILED' })
    expect((await sandbox.alias()).weights).toEqual({ 2: 0.1 })

    const pressed = await press({ service: 'checkout', releaseId: id })
    expect(pressed.status).toBe('SUCCEEDED')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect(await sandbox.release(id)).toMatchObject({
      ending: { outcome: 'rolledBack', by: 'role/tidegate-put-back', because: 'ordered in a chat' },
    })
    expect((await sandbox.release(other)).state.phase).not.toBe('settled')
  })

  it.each([
    ['a service that leads to another route', { service: '../approve/cart' }],
    ['a service that nobody has', { service: 'nonesuch' }],
    ['no service', {}],
    ['one that is no name', { service: { name: 'cart' } }],
  ])('does nothing with %s', async (_, input) => {
    expect(await press(input)).toMatchObject({ status: 'FAILED' })
    expect((await sandbox.alias('cart')).weights).toEqual({ 2: 0.1 })
  })
})

describe('whoever presses it', () => {
  const channel = () => sandbox.clientsFor('role.chat-channel')
  const denied = { name: expect.stringMatching(/AccessDenied/) as string }

  it('may start no other machine, and call no function', async () => {
    const start = new StartExecutionCommand({ stateMachineArn: machine('tidegate-release'), input: '{}' })
    await expect(channel().sfn.send(start)).rejects.toMatchObject(denied)
    for (const FunctionName of ['tidegate-approve', 'tidegate-promote', 'tidegate-orderRollback'])
      await expect(channel().lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject(denied)
  })

  it.each([
    ['role.chat-channel', 'roll-back', 403],
    ['role.chat-channel', 'approve', 403],
    ['role.tidegate-put-back', 'approve', 403],
    ['role.tidegate-put-back', 'promote', 403],
    ['role.tidegate-put-back', 'override', 403],
    ['role.tidegate-put-back', 'start', 403],
    ['role.tidegate-put-back', 'abort', 403],
    ['role.tidegate-put-back', 'roll-back', 200],
  ])('%s gets for %s: %i', async (role, route, status) => {
    const request = { method: 'POST', path: `/${route}/cart`, query: new URLSearchParams(), headers: {} }
    const body = new TextEncoder().encode('{"reason":"trying"}')
    const caller = { accessKeyId: role, arn: `arn:aws:sts::000000000000:assumed-role/${role.slice(5)}/session` }
    expect((await sandbox.cloud.httpApi.handle({ ...request, body }, caller)).status).toBe(status)
  })
})

it('a widget is called as CloudWatch calls it, and answers HTML', async () => {
  const call = (payload: object) =>
    sandbox
      .clientsFor('ann')
      .lambda.send(new InvokeCommand({ FunctionName: 'tidegate-widget', Payload: JSON.stringify(payload) }))
  const { Payload, FunctionError } = await call({ show: 'releases', widgetContext: {} })
  expect(FunctionError).toBeUndefined()
  expect(JSON.parse(new TextDecoder().decode(Payload))).toMatch(/<div class="tidegate">[^]*checkout/)
  expect(new TextDecoder().decode((await call({ describe: true })).Payload)).toContain('markdown')
})
