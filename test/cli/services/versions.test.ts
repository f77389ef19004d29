// `tidegate versions`, through the real command line grammar and the API of the embedded cloud.
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { screenOn } from '../../../cli/backend/screen.ts'
import { addServices } from '../../../cli/spelling/services.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox({ perMinute: 0 })
  for (let number = 2; number <= 6; number++) await sandbox.publish(`v${number}`)
})
afterAll(() => sandbox.close())

async function type(...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const lines: string[] = []
  let code = 0
  const never = () => {
    throw new Error('not asked for')
  }
  const program = new Command('tidegate')
  addServices(program, {
    cli: ({ json = false }) =>
      Promise.resolve({
        backend: { ...sandbox.world, order: sandbox.orderAs('ann') },
        screen: screenOn((line) => lines.push(line), json),
      }),
    run:
      (action) =>
      async (...args) => {
        code = await action(...args)
      },
    ...{ screen: never, backend: never, pause: () => Promise.resolve(true), positive: Number },
  })
  await program.parseAsync(['node', 'tidegate', ...words])
  return { code, said: lines.join('\n') }
}

it('says of each version why it stays, and what nothing would be deleted without', async () => {
  await sandbox.world.services.put(sampleService())
  const { code, said } = await type('versions', 'checkout')
  expect(code).toBe(0)
  expect(said).toMatch(/^CHECKOUT +PUBLISHED +SIZE +WHY IT STAYS\n6 .* keep +it is one of the 10 newest; and 1 more\n/)
  expect(said).toContain('Nothing is deleted: the definition of checkout has no `versions`')
  expect(said).toContain('No version may be deleted now.')
  expect(said).toMatch(/All code of the region: \d.* of 75 GB \(0\.0 %\)\./)
})

it('says what a definition would do, before it is applied', async () => {
  const { said } = await type('versions', 'checkout', '--keep', '3', '--keep-for', '1d')
  expect(said).toContain('As if its definition said so: the 3 newest stay, and each for 1d')
  await expect(type('versions', 'checkout', '--keep', '2')).rejects.toThrow('versions.keep')
  await expect(type('versions', 'checkout', '--keep-for', 'ever')).rejects.toThrow('versions.keepFor')
  await expect(type('versions', 'nonesuch')).rejects.toThrow('nonesuch')
})

it('says what was deleted, and what was begun, and gives all of it as JSON', async () => {
  await sandbox.world.services.put(sampleService({ versions: { keep: 3 } }))
  const gone = {
    service: 'checkout',
    functionName: 'checkout',
    codeSha256: 'x',
    publishedAtMs: 1,
    by: 'policy',
    atMs: 2,
  }
  await sandbox.world.deletedVersions.end({ ...gone, version: '100', bytes: 3 * 1024 ** 2, deletedAtMs: 3 })
  await sandbox.world.deletedVersions.begin({ ...gone, version: '101', bytes: 1 })
  const { said } = await type('versions', 'checkout')
  expect(said).toContain('By the definition of checkout, once a day: the 3 newest stay, and each for 30d')
  expect(said).toContain('1970-01-01 00:00Z checkout:100 (3 MB)')
  expect(said).toContain('checkout:101: begun, and not known to be done')
  const json = JSON.parse((await type('versions', 'checkout', '--json')).said) as object
  expect(json).toMatchObject({ isAsked: true, functions: [{ functionName: 'checkout', versions: { length: 6 } }] })
})

it('ends with 2 if it is not known what may be deleted', async () => {
  const targets = [{ function: 'gone', alias: 'live' }]
  await sandbox.world.services.put(sampleService({ name: 'ghost', targets, versions: {} }))
  const { code, said } = await type('versions', 'ghost')
  expect(code).toBe(2)
  expect(said).toContain('gone: nothing is deleted, because it is not known what may be. There is no gone.')
})
