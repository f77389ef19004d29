// A folder of definitions, as a repository keeps them: applied and compared as a whole.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import type { Cli } from '../../../cli/backend/surroundings.ts'
import { applyFiles } from '../../../cli/commands/apply.ts'
import { showDrift } from '../../../cli/commands/diff.ts'
import { validateFiles } from '../../../cli/services/validate.ts'
import { Problem } from '../../../core/problem.ts'
import { applyHandler } from '../../../functions/orders/apply.ts'
import { t0Ms } from '../../contract/samples.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { servicesKey } from '../../memory/stores/services.ts'

let cloud: ReturnType<typeof memoryCloud>
let sent: string[]
let lines: string[]
let root: string
beforeEach(() => {
  cloud = memoryCloud({ clock: { nowMs: () => t0Ms } })
  for (const functionName of ['checkout', 'cart', 'pay', 'a', 'b', 'c'])
    cloud.inspect.moveByHand({ functionName, alias: 'live' }, { version: '1' })
  sent = []
  lines = []
  root = mkdtempSync(join(tmpdir(), 'tidegate-'))
})

/** @param refused services that this person has no right to apply */
function cli(...refused: readonly string[]): Cli {
  const apply = applyHandler({ ...cloud, log: () => {} })
  const order: Cli['backend']['order'] = async (_, service = '', call) => {
    sent.push(service)
    if (refused.includes(service)) throw new Problem('permission_denied', `You may not apply ${service}.`)
    return apply({ service, by: 'user/ann', ...call })
  }
  return { backend: { ...cloud, order }, screen: screenOn((line) => lines.push(line), false) }
}

const definition = (name: string, weight = 10): string =>
  `name: ${name}\ntargets: [{ function: ${name}, alias: live }]\nplan: { steps: [{ weight: ${weight}, bake: 5m }] }\n`

function write(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}
const said = (): readonly string[] => lines.splice(0).flatMap((line) => line.split('\n'))

it('applies all of a folder and of the folders in it, and nothing that is no definition', async () => {
  const folder = write({
    'b.yml': definition('cart'),
    'a.yaml': definition('checkout'),
    'teams/pay/payments.json': JSON.stringify({
      name: 'pay',
      targets: [{ function: 'pay', alias: 'live' }],
      plan: 'AllAtOnce',
    }),
    'README.md': '# no',
    '.github/workflows/apply.yaml': 'on: push',
  })
  expect(await applyFiles(cli(), [folder])).toBe(exitCodes.done)
  expect(sent).toEqual(['checkout', 'cart', 'pay'])
  expect(await showDrift(cli(), [folder])).toBe(exitCodes.done)
  expect(await validateFiles(cli().screen, [folder])).toBe(exitCodes.done)
  sent = []
  await applyFiles(cli(), [folder, join(folder, 'a.yaml')])
  expect(sent).toEqual(['checkout', 'cart', 'pay'])
})

it.each([
  ['one is not valid', { 'a.yaml': definition('checkout'), 'b.yaml': 'name: cart\n' }, /b\.yaml: .*targets/],
  ['two are not', { 'a.yaml': '{', 'b.yaml': 'name: 7\n' }, /^2 of 2 files are not valid\. .*a\.yaml.*b\.yaml/],
  [
    'two are of one service',
    { 'a.yaml': definition('x'), 'b.yaml': definition('x') },
    /b\.yaml: It defines the service x, as .*a\.yaml does/,
  ],
  ['there is none', { 'README.md': '' }, /has no file that ends in/],
])('sends nothing when %s', async (_, files, message) => {
  const folder = write(files)
  await expect(applyFiles(cli(), [folder])).rejects.toMatchObject({
    code: 'definition_invalid',
    message: expect.stringMatching(message) as string,
  })
  expect(sent).toEqual([])
})

it('applies the others when one is refused, and names it', async () => {
  const folder = write({ 'a.yaml': definition('a'), 'b.yaml': definition('b'), 'c.yaml': definition('c') })
  await expect(applyFiles(cli('b'), [folder])).rejects.toMatchObject({
    code: 'permission_denied',
    message: '1 of 3 definitions were not applied. b: You may not apply b.',
  })
  expect((await cloud.services.list()).items.map(({ name }) => name).sort()).toEqual(['a', 'c'])
})

it('names what differs, and of a folder also the services that it does not have', async () => {
  await applyFiles(cli(), [write({ 'a.yaml': definition('a'), 'b.yaml': definition('b') })])
  cloud.inspect.corrupt(servicesKey, 'broken', '{')
  said()
  root = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const folder = write({ 'a.yaml': definition('a', 20) })
  expect(await showDrift(cli(), [folder])).toBe(exitCodes.different)
  expect(said()).toEqual([
    'a: plan.steps[0].weight is 10, but 20 in the file',
    'b: registered, and no file defines it',
    'broken: registered, and no file defines it',
  ])
  expect(await showDrift(cli(), [join(folder, 'a.yaml')])).toBe(exitCodes.different)
  expect(said()).toEqual(['a: plan.steps[0].weight is 10, but 20 in the file'])
})

it('moves an alias from one definition to another in one go, also where the one that gets it comes first', async () => {
  const at = (name: string, ...targets: readonly string[]): string =>
    `name: ${name}\ntargets: [${targets.map((one) => `{ function: ${one}, alias: live }`).join(', ')}]\nplan: AllAtOnce\n`
  const folder = write({ 'b.yaml': at('b', 'b', 'cart', 'pay'), 'c.yaml': at('c', 'c') })
  expect(await applyFiles(cli(), [folder])).toBe(exitCodes.done)
  // pay moves from b to c, and cart from b to a, which is sent first.
  write({ 'a.yaml': at('a', 'a', 'cart'), 'b.yaml': at('b', 'b'), 'c.yaml': at('c', 'c', 'pay') })
  sent.splice(0)
  expect(await applyFiles(cli(), [folder])).toBe(exitCodes.done)
  expect(sent).toEqual(['a', 'b', 'c', 'a'])
  // Nobody gives it up.
  write({ 'd.yaml': at('d', 'pay') })
  sent.splice(0)
  await expect(applyFiles(cli(), [folder])).rejects.toMatchObject({ code: 'alias_taken' })
  expect(sent).toEqual(['a', 'b', 'c', 'd', 'd'])
})
