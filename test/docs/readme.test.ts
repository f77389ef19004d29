// The sample output in README.md is what `npm start -- --once` prints, but for the numbers and for what `…` says is left out.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { textOf } from './pages.ts'

const root = resolve(import.meta.dirname, '../..')

/** Ids and numbers differ from run to run. */
const general = (line: string): string =>
  line
    .replaceAll(/[0-9a-f]{20,}/g, 'ID')
    .replaceAll(/\d+(\.\d+)?/g, 'N')
    .replaceAll(/ +/g, ' ')
    .trim()

const sampleOf = (readme: string): readonly string[] =>
  (/^It prints, .*\n\n((?: {4}.*\n|\n)+)/m.exec(readme)?.[1] ?? '')
    .split('\n')
    .map(general)
    .filter((line) => line !== '')

/** Within a line, `…` stands for any words. */
function says(sample: string, printed: string): boolean {
  const pattern = sample.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${pattern.join('.*')}$`, 'u').test(printed)
}

/** @returns the first line of the sample that is not printed where it should be, with what is printed there */
function firstDifference(sample: readonly string[], printed: readonly string[]) {
  let at = 0
  for (const [index, line] of sample.entries()) {
    if (line === '…') continue
    const found = printed.findIndex((one, place) => place >= at && says(line, one))
    if (found === -1 || (found > at && sample[index - 1] !== '…')) return { readme: line, printed: printed[at] }
    at = found + 1
  }
  return at === printed.length ? undefined : { readme: undefined, printed: printed[at] }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

it('README.md shows what `npm start -- --once` prints', { timeout: 240_000 }, async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
  const [program = '', ...args] = scripts.start.split(' ')
  expect(program).toBe('node')
  const { status, stdout } = spawnSync(
    process.execPath,
    [...args, '--once', '--port', String(await freePort()), '--rate', '6000'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  expect(status).toBe(0)
  // The first line has the port.
  const printed = stdout
    .split('\n')
    .slice(1)
    .map(general)
    .filter((line) => line !== '')
  const sample = sampleOf(textOf('README.md'))
  expect(sample.length).toBeGreaterThan(20)
  expect(firstDifference(sample, printed)).toBeUndefined()
})
