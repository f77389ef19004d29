// The official client, in the same process as our server.
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import type { Backend } from '../../../cli/backend/backend.ts'
import { contextOf, mcpServer } from '../../../cli/mcp/server.ts'

export type Answer = {
  readonly isError: boolean
  readonly says: readonly string[]
  readonly data: unknown
  readonly text: string
}

export async function connected(backend: Backend) {
  const bugs: unknown[] = []
  const server = mcpServer(contextOf(backend), {
    version: '0.0.0',
    environment: {},
    tell: (error) => void bugs.push(error),
  })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client({ name: 'test', version: '0.0.0' })
  await Promise.all([server.connect(ours), client.connect(theirs)])
  const call = async (name: string, args: Readonly<Record<string, unknown>> = {}): Promise<Answer> => {
    const answer = await client.callTool({ name, arguments: { ...args } })
    const { says, data } = answer.structuredContent as { says: string[]; data: unknown }
    const [first] = answer.content
    return { isError: answer.isError === true, says, data, text: first?.type === 'text' ? first.text : '' }
  }
  return { client, call, bugs, close: () => client.close() }
}
