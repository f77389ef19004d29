// The contract of executions: started once for each name, woken once for each token.
import { describe, expect, it } from 'vitest'
import type { Executions } from '../../../cloud/ports.ts'
import { expectProblem } from '../samples.ts'

type ExecutionsUnderTest = {
  readonly executions: Executions
  /** The token of a waiting task, in an execution that ends when the task is answered. */
  readonly openTask: () => Promise<{ readonly token: string; readonly execution: string }>
  /** Ends an execution from outside while its task waits. */
  readonly stop: (execution: string) => unknown
}

export function executionsContract(name: string, open: () => Promise<ExecutionsUnderTest>): void {
  describe(`executions: ${name}`, () => {
    it('starts once for each name', async () => {
      const { executions } = await open()
      const first = await executions.start('orders-1', { releaseId: 'orders-1' })
      expect(await executions.start('orders-1', { releaseId: 'orders-1' })).toBe(first)
      expect(await executions.start('orders-1', { releaseId: 'something else' })).toBe(first)
      expect(await executions.start('orders-2', { releaseId: 'orders-2' })).not.toBe(first)
    })

    it('recognises the execution after it has ended', async () => {
      const { executions, openTask, stop } = await open()
      const { execution } = await openTask()
      expect(await executions.status(execution)).toBe('running')
      await stop(execution)
      expect(await executions.status(execution)).toBe('failed')
      const [, started] = /:([^:]+)$/.exec(execution) ?? []
      expect(await executions.start(started!, { other: 'input' })).toBe(execution)
      expect(await executions.status(execution)).toBe('failed')
    })

    it('reports an execution that never existed as gone', async () => {
      const { executions } = await open()
      const first = await executions.start('orders-1', {})
      expect(await executions.status(`${first}-never`)).toBe('gone')
    })

    it('wakes a task once', async () => {
      const { executions, openTask } = await open()
      const { token } = await openTask()
      expect(await executions.wake(token, { go: true })).toBe(true)
      expect(await executions.wake(token, { go: true })).toBe(false)
      expect(await executions.fail(token, 'Late', 'somebody was first')).toBe(false)
    })

    it('fails a task once', async () => {
      const { executions, openTask } = await open()
      const { token } = await openTask()
      expect(await executions.fail(token, 'Broken', 'x'.repeat(300))).toBe(true)
      expect(await executions.wake(token, {})).toBe(false)
    })

    it('wakes nobody if the execution was stopped, or never existed', async () => {
      const { executions, openTask, stop } = await open()
      const { token, execution } = await openTask()
      await stop(execution)
      expect(await executions.wake(token, {})).toBe(false)
      expect(await executions.wake('no such token', {})).toBe(false)
    })
  })
}

/** Shared by the suites of both clouds: a Problem about a token does not contain it. */
export async function expectNoToken(work: Promise<unknown>, token: string): Promise<void> {
  const problem = await expectProblem('aws_unavailable', work)
  const { cause } = problem
  const told = [problem.message, problem.stack, String(cause), cause instanceof Error ? cause.stack : ''].join('\n')
  expect(told).not.toContain(token)
}
