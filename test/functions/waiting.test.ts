// Waking an execution, whenever it began to wait.
import { expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import { turn, wake } from '../../functions/steps/waiting.ts'

const open = () => memoryCloud({ clock: { nowMs: () => 0 } })
const release = { id: 'checkout-1' }

it('wakes the waiter that was there when the log was read, with one call', async () => {
  const cloud = open()
  const token = cloud.inspect.openTask()
  await wake(cloud, { release, waiters: [{ slot: turn, token }] })
  expect(cloud.inspect.answers.map((answer) => answer.token)).toEqual([token])
  expect(cloud.faults.count('journal.read')).toBe(0)
})

it('wakes a waiter that came since', async () => {
  const cloud = open()
  const gone = cloud.inspect.openTask()
  cloud.inspect.closeTask(gone)
  const token = cloud.inspect.openTask()
  await cloud.journal.wait(release.id, { slot: turn, token })
  await wake(cloud, { release, waiters: [{ slot: turn, token: gone }] })
  expect(cloud.inspect.answers.map((answer) => answer.token)).toEqual([token])
})

it('does nothing when nobody waits, and leaves other slots alone', async () => {
  const cloud = open()
  await cloud.journal.wait(release.id, { slot: 'handover-1', token: cloud.inspect.openTask() })
  await wake(cloud, { release, waiters: [] })
  expect(cloud.inspect.answers).toEqual([])
})
