// `tidegate console`: serves the pages for the account that the caller's credentials are of, until Ctrl-C.
import { spawn } from 'node:child_process'
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
  while (await pause(60_000)) continue
  await console.close()
  return exitCodes.done
}

const openers: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

function openBrowser(address: string, otherwise: () => void): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, address], { stdio: 'ignore', detached: true })
  child.once('error', otherwise)
  child.unref()
}
