// The defences of docs/security.md against what an agent may be made to do.
import type { Defence } from './defences.ts'

export const agentDefences: readonly Defence[] = [
  {
    attack: 'tells an agent by a commit, a reason, a name or an alarm what to do',
    file: 'cli/mcp/marked.ts',
    line: 'isBare(text, key) ? text : { untrusted: oneLine(text, max) }',
    without: 'isBare(text, key) ? text : oneLine(text, max)',
    test: 'cli/mcp/hostile.test.ts',
  },
  {
    attack: 'makes an agent put back, in a loop or across the fleet',
    file: 'cli/mcp/server.ts',
    line: 'given.length >= ordersMost',
    without: 'given.length < 0',
    test: 'cli/mcp/orders.test.ts',
  },
  {
    attack: 'makes an agent put back, in a loop or across the fleet',
    file: 'cli/mcp/steering.ts',
    line: "if (resumed?.type === 'resumed')",
    without: 'if (resumed?.type === undefined && resumed !== undefined)',
    test: 'cli/mcp/orders.test.ts',
  },
  {
    attack: 'uses the role of an agent to resume, abort, start or promote',
    file: 'lib/controller.ts',
    line: "['ask', 'pause', 'roll-back']",
    without: "['ask', 'pause', 'resume', 'roll-back']",
    test: 'lib/principals.test.ts',
  },
]
