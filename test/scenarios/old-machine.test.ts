// An execution continues with the state machine that it started with, even if the functions are newer (docs/decisions/0030).
import { UpdateStateMachineCommand } from '@aws-sdk/client-sfn'
import { afterEach, expect, it } from 'vitest'
import { definition, environment } from '../../local/installation.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from './least-privilege.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

it.each([
  ['v2', 'promoted', 'SUCCEEDED'],
  ['v3', 'rolledBack', 'FAILED'],
  ['v4', 'rolledBack', 'FAILED'],
])('edition 2, in which a look is not a waiting task, takes %s to its end: %s', async (code, outcome, status) => {
  sandbox = await openSandbox({ authorize, perMinute: 120 })
  const old = definition(new URL('../fixtures/machines/edition-2.asl.json', import.meta.url))
  const stateMachineArn = environment.TIDEGATE_STATE_MACHINE_ARN
  await sandbox.clients.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: old }))
  await sandbox.world.services.put(sampleService({ slos: [] }))
  const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish(code) }))
  expect(release.ending?.outcome).toBe(outcome)
  const [execution] = sandbox.cloud.states.executions()
  expect(execution?.status).toBe(status)
  expect(execution?.history.some(({ type }) => type === 'TaskTimedOut')).toBe(code !== 'v3')
})
