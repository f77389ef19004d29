// `tidegate post-mortem` on the embedded cloud: the sheet of a release, by its id or by its service.
import { afterEach, expect, it } from 'vitest'
import { showPostMortem } from '../../../cli/commands/post-mortem.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import type { Cli } from '../../../cli/backend/surroundings.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

function cli(json: boolean): { readonly cli: Cli; readonly lines: readonly string[] } {
  const lines: string[] = []
  const { hooks: _, ...world } = sandbox.world
  const screen = screenOn((line) => lines.push(...line.split('\n')), json)
  return { cli: { backend: { ...world, order: sandbox.orderAs('ann') }, screen }, lines }
}

it('prints what the log knows, and leaves the actions to people', async () => {
  sandbox = await openSandbox()
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
  const id = await sandbox.start({ version: await sandbox.publish('v3'), reason: 'a | b\n# c' })
  await sandbox.finish(id)
  const { cli: screen, lines } = cli(false)
  expect(await showPostMortem(screen, 'checkout')).toBe(exitCodes.done)
  const text = lines.join('\n')
  expect(lines[0]).toBe('# Post-mortem: checkout 1 → 2')
  expect(text).toContain(`Release ${id} of checkout, on 2026-01-01.`)
  expect(text).toMatch(/was rolled back: alarm checkout-errors fired/)
  expect(text).toMatch(/\| decided to go back \| 00:11:\d\dZ, 1m(?:\d+s)? later \|/)
  expect(text).toContain(String.raw`a \| b\\n\# c`)
  expect(lines.filter((line) => line.startsWith('# '))).toHaveLength(1)
  expect(lines.slice(-3)).toEqual(['| 1 |  |  |  |', '| 2 |  |  |  |', '| 3 |  |  |  |'])
  const data = cli(true)
  expect(await showPostMortem(data.cli, id)).toBe(exitCodes.done)
  expect(JSON.parse(data.lines[0] ?? '')).toMatchObject({
    id,
    service: 'checkout',
    timeline: expect.any(Array) as unknown,
  })
  await expect(showPostMortem(screen, 'nobody')).rejects.toMatchObject({ code: 'release_missing' })
})
