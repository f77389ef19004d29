// The sample output in README.md is what `npm start -- --once` prints. `npm test` compares it with the story that the
// demonstration tells in the process of the tests (test/cli/local.test.ts), `npm run e2e` with what the command prints: its 36
// functions are processes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { areAll } from '../repeats.ts'
import { firstDifference, sample } from './readme-sample.ts'

const root = resolve(import.meta.dirname, '../..')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }

it('README.md has a sample of what `npm start` prints, and that is `tidegate local`', () => {
  expect(scripts.start).toBe('node cli/main.ts local')
  expect(sample().length).toBeGreaterThan(20)
})

const started = async () => {
  const [, ...args] = scripts.start.split(' ')
  const rest = ['--once', '--port', String(await freePort()), '--rate', '6000']
  return spawn(process.execPath, [...args, ...rest], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
}

// The controller, its functions as processes, the sample and its customers are there by then.
const arrives = /Version 2 is healthy\. Its package arrives/

it.skipIf(areAll)('`npm start` begins the story of README.md', async () => {
  const child = await started()
  const ended = once(child, 'exit')
  let printed = ''
  for await (const data of child.stdout.setEncoding('utf8')) {
    printed += String(data)
    if (arrives.test(printed)) break
  }
  child.kill('SIGINT')
  await ended
  expect(printed).toMatch(arrives)
})

it.runIf(areAll)('README.md shows what `npm start -- --once` prints', async () => {
  const child = await started()
  const ended = once(child, 'exit')
  const printed = await text(child.stdout)
  expect(await ended).toEqual([0, null])
  expect(firstDifference(printed.split('\n').slice(1).join('\n'))).toBeUndefined()
})
