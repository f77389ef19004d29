// The command that serves agents. The protocol's library is loaded by it alone.
import type { Command } from 'commander'
import about from '../../package.json' with { type: 'json' }
import type { Surroundings } from '../backend/surroundings.ts'

export function addMcp(program: Command, surroundings: Surroundings): void {
  const { run } = surroundings
  program
    .command('mcp')
    .description('serve agents by the Model Context Protocol, on standard input and output, with your credentials')
    .addHelpText(
      'after',
      '\nIts tools read, explain, replay, pause and put back. What needs a person they answer as a command.\nThe right is IAM\'s: give the agent a role of its own (docs/agents.md).\n\nExample, in the settings of an MCP client:\n  {"mcpServers": {"tidegate": {"command": "tidegate", "args": ["mcp"], "env": {"AWS_PROFILE": "release-agent"}}}}',
    )
    .action(run(() => served(surroundings)))
}

async function served({ backend, pause }: Pick<Surroundings, 'backend' | 'pause'>): Promise<number> {
  const { serveMcp } = await import('../mcp/serve.ts')
  return serveMcp({ backend: await backend(), version: about.version, pause })
}
