// `tidegate mcp`: the server on standard input and output, until the agent's program closes them.
import { inspect } from 'node:util'
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { logText } from '../../core/foreign-text.ts'
import type { Backend } from '../backend/backend.ts'
import { exitCodes } from '../backend/screen.ts'
import { contextOf, mcpServer } from './server.ts'

type Options = {
  readonly backend: Backend
  readonly version: string
  /** Waits; resolves to whether to go on. */
  readonly pause: (ms: number) => Promise<boolean>
}

/** The longest that a timer waits. */
const longMs = 2 ** 31 - 1

/** What the agent's program sent and is no message is its own fault: a stack of ours says nothing. */
const wordsOf = (error: unknown): string =>
  error instanceof Error && error.name === 'ZodError'
    ? 'A line on standard input is no message of MCP, and was left out. `tidegate mcp` is started by an agent (docs/agents.md).'
    : inspect(error)

export async function serveMcp({ backend, version, pause }: Options): Promise<number> {
  // Standard output belongs to the protocol.
  const tell = (error: unknown): void => void process.stderr.write(`${logText(wordsOf(error)).slice(0, 4000)}\n`)
  const context = contextOf(backend)
  const ended = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve)
    process.stdin.once('close', resolve)
  })
  const server = serveStdio(() => mcpServer(context, { version, environment: process.env, tell }), {
    transport: new StdioServerTransport(),
    onerror: tell,
  })
  await Promise.race([ended, pause(longMs)])
  await server.close()
  return exitCodes.done
}
