// `tidegate console`: serves the pages for the account that the caller's credentials are of, until Ctrl-C.
import { spawn } from 'node:child_process'
import { explained } from '../backend/explained.ts'
import { identityOnAws } from '../backend/identity.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { serveConsole } from '../console/server.ts'

type Options = {
  readonly port: number
  readonly open: boolean
  readonly pause: (ms: number) => Promise<boolean>
}

export async function showConsole({ backend, screen }: Cli, { port, open, pause }: Options): Promise<number> {
  const { who, where } = await identityOnAws(process.env)
  const console = await serveConsole({
    ...{ where, port, people: [{ name: 'you', who, backend }] },
    tell: (line) => void process.stderr.write(`${line}\n`),
  })
  screen.say(
    [
      `The console of ${where} is at ${console.address}`,
      `Every button is pressed as ${who}. The address is a secret: whoever has it presses as you. Ctrl-C ends it.`,
    ],
    { address: console.address, who, where },
  )
  if (open)
    openBrowser(console.addressForOnce(), () => screen.note('No browser could be started: open the address yourself.'))
  screen.note(await missing(backend))
  while (await pause(60_000)) continue
  await console.close()
  return exitCodes.done
}

/** The pages say it too, but whoever has no installation, or another region, hears of it before opening them. */
async function missing({ openReleases }: Cli['backend']): Promise<readonly string[]> {
  try {
    await openReleases.list()
    return []
  } catch (error) {
    const known = explained(error, process.env)
    if (known === undefined) throw error
    return [`The pages have nothing to show yet: ${known.message}`, `  ${known.fix}`]
  }
}

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/** The address is a word of its own: no shell reads it. */
function openBrowser(address: string, otherwise: () => void): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, address], { stdio: 'ignore', detached: true })
  child.once('error', otherwise)
  // The explorer's code says nothing.
  if (process.platform !== 'win32') child.once('exit', (code) => code !== 0 && otherwise())
  child.unref()
}
