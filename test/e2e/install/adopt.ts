// An account with 300 seeded functions: `tidegate adopt` writes 300 definitions, and the controller takes each of them. By
// itself: `node test/e2e/install/adopt.ts [HOW_MANY]`.
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accountOnAws, reads } from '../../../cli/adopt/account.ts'
import { adopt } from '../../../cli/adopt/adopt.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { applyFiles } from '../../../cli/commands/apply.ts'
import { validateFiles } from '../../../cli/services/validate.ts'
import { openSandbox } from '../../../local/sandbox.ts'
import { openFleet, seedFleet } from '../../../bench/promises/account.ts'

type Verify = (name: string, holds: boolean, detail: string) => void

const said: string[] = []
const screen = screenOn((line) => said.push(line), false)

export async function checkAdoption(verify: Verify, count = 300): Promise<void> {
  const called = new Set<string>()
  const fleet = openFleet({
    onRequest: ({ service, operation }) =>
      void called.add(`${service === 'monitoring' ? 'cloudwatch' : service}:${operation}`),
  })
  await seedFleet(fleet, count, 300)
  called.clear()
  const out = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const ended = await adopt(screen, accountOnAws(fleet.place), { out, yes: true })
  fleet.close()
  const files = readdirSync(join(out, 'services')).map((file) => join(out, 'services', file))
  verify(
    `adopt writes ${count} definitions for ${count} functions`,
    ended === 0 && files.length === count,
    said.join('\n'),
  )
  const others = [...called].filter((call) => !reads.includes(call))
  verify('adopt makes no call that is not in its policy', others.length === 0, others.join(', '))
  verify(`tidegate validate takes ${count} of them`, (await validateFiles(screen, files)) === 0, said.join('\n'))
  const sandbox = await openSandbox({ perMinute: 1 })
  const { hooks: _, ...world } = sandbox.world
  const refused: string[] = []
  for (const file of files)
    await applyFiles({ backend: { ...world, order: sandbox.orderAs('ann') }, screen }, [file]).catch((error: unknown) =>
      refused.push(`${file}: ${String(error)}`),
    )
  const { items } = await world.services.list()
  sandbox.close()
  verify(`the controller takes ${count} of them`, refused.length === 0 && items.length >= count, refused.join('\n'))
}

if (process.argv[1] === import.meta.filename) {
  await checkAdoption(
    (name, holds, detail) => console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`),
    Number(process.argv[2] ?? 300),
  )
}
