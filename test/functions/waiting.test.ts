// Waking an execution, whenever it began to wait.
import { expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import { turn, wake } from '../../functions/steps/waiting.ts'

const open = () => memoryCloud({ clock: { nowMs: () => 0 } })
const release = { id: 'checkout-1' }

it('wakes the last waiter, with one call, and reads no log', async () => {
  const cloud = open()
  await cloud.journal.wait(release.id, { slot: turn, token: cloud.inspect.openTask() })
  const token = cloud.inspect.openTask()
  await cloud.journal.wait(release.id, { slot: turn, token })
  await wake(cloud, { release })
  expect(cloud.inspect.answers.map((answer) => answer.token)).toEqual([token])
  expect([cloud.faults.count('journal.read'), cloud.faults.count('journal.waiters')]).toEqual([0, 1])
})

it('does nothing when nobody waits, and leaves other slots alone', async () => {
  const cloud = open()
  await cloud.journal.wait(release.id, { slot: 'handover-1', token: cloud.inspect.openTask() })
  await wake(cloud, { release })
  expect(cloud.inspect.answers).toEqual([])
})
