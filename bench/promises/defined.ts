// The definitions that `tidegate adopt` writes for an account of seeded functions, and the truth about each of them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountOnAws } from '../../cli/adopt/account.ts'
import { adopt } from '../../cli/adopt/adopt.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { daily, openFleet, seedFleet } from './account.ts'
import type { Truth } from './month.ts'
import { type Said, saidIn } from './said.ts'

type Defined = { readonly said: Said | undefined; readonly truth: Truth }

/** In the order in which the functions were made. */
export async function defined(count: number, seed: number): Promise<readonly Defined[]> {
  const fleet = openFleet()
  const out = mkdtempSync(join(tmpdir(), 'tidegate-'))
  try {
    const made = await seedFleet(fleet, count, seed)
    const notes: string[] = []
    const ended = await adopt(
      screenOn((line) => notes.push(line), false),
      accountOnAws(fleet.place),
      { out, yes: true },
    )
    if (ended !== 0) throw new Error(notes.join('\n'))
    const folder = join(out, 'services')
    const all = readdirSync(folder).map((file) => saidIn(readFileSync(join(folder, file), 'utf8')))
    if (all.length !== count) throw new Error(`bug: ${all.length} definitions for ${count} functions`)
    const byFunction = new Map(
      all.flatMap((said) => said?.service.targets.map((one) => [one.functionName, said]) ?? []),
    )
    return made.map(({ name, perMinute, rate }) => ({
      said: byFunction.get(name),
      truth: { name, rate, perMinute: daily(perMinute), spread: 0.2 + chance(seed, `${name}, durations`)() },
    }))
  } finally {
    fleet.close()
    rmSync(out, { recursive: true })
  }
}
