// The commands that an agent gets for a person are commands that exist, with options that exist; nothing in them is the shell's.
import { Command } from 'commander'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Surroundings } from '../../../cli/backend/surroundings.ts'
import { byPerson } from '../../../cli/mcp/by-person.ts'
import { contextOf } from '../../../cli/mcp/server.ts'
import { addGates } from '../../../cli/spelling/gates.ts'
import { addOrders } from '../../../cli/spelling/orders.ts'
import { addReleases } from '../../../cli/spelling/releases.ts'
import { Problem } from '../../../core/problem.ts'

const [tool] = byPerson
const asked = async (given: object): Promise<string> => {
  // It never looks at the backend: it orders nothing.
  const { data } = (await tool?.run(contextOf({} as never), { service: 'checkout', ...given })) ?? {}
  return (data as { command: string }).command
}

/** As a shell takes words apart: in single quotes, everything is text. */
function wordsIn(command: string): readonly string[] {
  const words: string[] = []
  const form = /\s*((?:'[^']*'|\\'|[^\s'\\])+)/gy
  for (let end = 0; end < command.length; end = form.lastIndex) {
    const found = form.exec(command)?.[1]
    if (found === undefined) throw new Error(`not plain words: ${command}`)
    words.push(
      found.replaceAll(
        /'([^']*)'|\\(')/g,
        (_, quoted: string | undefined, one: string | undefined) => quoted ?? one ?? '',
      ),
    )
  }
  return words
}

/** @returns the options that the command line has read */
async function read(command: string): Promise<Readonly<Record<string, unknown>>> {
  let options: Readonly<Record<string, unknown>> = {}
  const program = new Command('tidegate').exitOverride().configureOutput({ writeErr: () => undefined })
  const surroundings = {
    run:
      () =>
      (...args: readonly unknown[]) => {
        options = args.at(-2) as typeof options
        return Promise.resolve()
      },
    positive: Number,
  } as unknown as Surroundings
  for (const add of [addOrders, addGates, addReleases]) add(program, surroundings)
  for (const one of program.commands.flatMap((each) => [each, ...each.commands])) one.exitOverride()
  await program.parseAsync(['node', ...wordsIn(command)])
  return options
}

describe('the command for a person', () => {
  it.each([
    [{ order: 'approve', before: 50 }, "tidegate approve checkout --before 50 --reason 'REASON'"],
    [{ order: 'decline', before: 'begin' }, "tidegate decline checkout --before begin --reason 'REASON'"],
    [{ order: 'approve', wave: 'production' }, "tidegate approve checkout --wave production --reason 'REASON'"],
    [{ order: 'override', reason: 'a fix' }, "tidegate override checkout --reason 'a fix'"],
    [{ order: 'promote' }, "tidegate promote checkout --reason 'REASON'"],
    [{ order: 'resume' }, 'tidegate resume checkout'],
    [{ order: 'abort', release: 'checkout-1' }, "tidegate abort checkout --release checkout-1 --reason 'REASON'"],
    [{ order: 'release', version: '7' }, "tidegate release checkout --version 7 --reason 'REASON'"],
    [
      { order: 'release_bolder', version: '7', plan: 'AllAtOnce' },
      "tidegate release checkout --version 7 --plan AllAtOnce --bolder --reason 'REASON'",
    ],
    [{ order: 'release_urgent', version: '7' }, "tidegate release checkout --version 7 --urgent --reason 'REASON'"],
    [{ order: 'roll_back_further', version: '3' }, "tidegate rollback checkout --to 3 --reason 'REASON'"],
    [{ order: 'stop_line' }, "tidegate line stop checkout --reason 'REASON'"],
    [{ order: 'start_line' }, 'tidegate line start checkout'],
  ])('%o', async (given, command) => {
    expect(await asked(given)).toBe(command)
    await read(command)
  })

  it('a reason is one word of the shell, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (reason) => {
        const command = await asked({ order: 'promote', reason })
        expect(wordsIn(command).slice(0, 4)).toEqual(['tidegate', 'promote', 'checkout', '--reason'])
        expect(wordsIn(command)).toHaveLength(5)
      }),
    )
    const hostile = "x'; rm -rf / #$(reboot)`"
    expect(await read(await asked({ order: 'promote', reason: hostile }))).toMatchObject({ reason: hostile })
  })

  it('is refused for what the order does not take, or needs', async () => {
    for (const given of [
      ...[{ order: 'release' }, { order: 'promote', version: '7' }, { order: 'resume', reason: 'x' }],
      ...[
        { order: 'release_bolder', version: '7' },
        { order: 'abort', before: 'begin' },
      ],
    ])
      await expect(asked(given), JSON.stringify(given)).rejects.toThrow(Problem)
  })
})
