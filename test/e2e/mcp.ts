// `tidegate mcp` in a process of its own, by the official client: what an agent can do with the rights of its role, and what not.
import { spawn, spawnSync } from 'node:child_process'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

type Verify = (name: string, holds: boolean, detail: string) => void
type Answer = { readonly isError: boolean; readonly data: unknown; readonly text: string }

const command = process.execPath
const args = ['cli/main.ts', 'mcp']

/** @param environment with the address of the embedded cloud and its credentials file */
export async function checkMcp(verify: Verify, environment: NodeJS.ProcessEnv): Promise<void> {
  const env = Object.fromEntries(Object.entries({ ...environment, AWS_PROFILE: 'agent' }))
  const client = new Client({ name: 'tidegate-e2e', version: '0.0.0' })
  await client.connect(new StdioClientTransport({ command, args, env }))
  const call = async (name: string, given: Record<string, unknown> = {}): Promise<Answer> => {
    const answer = await client.callTool({ name, arguments: given })
    const { data } = answer.structuredContent as { data: unknown }
    return { isError: answer.isError === true, data, text: JSON.stringify(answer) }
  }
  const { tools } = await client.listTools()
  verify('mcp: an agent gets its tools', tools.length === 20, JSON.stringify(tools.map(({ name }) => name)))
  for (const [name, given] of [
    ['services', {}],
    ['on_call', {}],
    ['service', { service: 'checkout' }],
    ['gates', { service: 'checkout' }],
    ['observed', { service: 'checkout' }],
    ['explain', { service: 'checkout' }],
  ] as const) {
    const { isError, text } = await call(name, given)
    verify(`mcp: with the rights of grantAgent, ${name} answers`, !isError, text)
  }
  await checkBack(verify, call, environment)
  for (const words of [
    ['release', 'checkout', '--version', '1'],
    ['promote', 'checkout'],
    ['resume', 'checkout'],
    ['abort', 'checkout'],
    ['line', 'start', 'checkout'],
  ]) {
    const ran = spawnSync(command, ['cli/main.ts', ...words], { env, encoding: 'utf8', timeout: 600_000 })
    const isRefused = ran.status !== 0 && `${ran.stdout}${ran.stderr}`.includes('route_refused')
    verify(`mcp: IAM refuses the agent's role: tidegate ${words.join(' ')}`, isRefused, ran.stdout + ran.stderr)
  }
  await client.close()
  await checkProtocol(verify, env)
}

type Head = { readonly releaseId: string; readonly outcome?: string }

async function checkBack(
  verify: Verify,
  call: (name: string, given?: Record<string, unknown>) => Promise<Answer>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  // What was promoted last may be a way back, which is not undone. So another version is released first.
  const said: string[] = []
  for (const version of ['2', '1']) {
    const asked = [
      'release',
      'checkout',
      '--version',
      version,
      '--plan',
      'AllAtOnce',
      '--bolder',
      '--watch',
      '--every',
      '0.1',
    ]
    const made = spawnSync(command, ['cli/main.ts', ...asked], { env: environment, encoding: 'utf8', timeout: 600_000 })
    said.push(`${made.stdout}${made.stderr}`)
    if (!made.stdout.includes('alreadyReleased')) break
  }
  const { data } = await call('releases', { service: 'checkout', limit: 50 })
  const release = (data as { items: readonly Head[] }).items.find(({ outcome }) => outcome === 'promoted')?.releaseId
  const wrong = await call('put_back', { service: 'checkout', release, to: { checkout: '77' }, reason: 'e2e' })
  verify('mcp: put_back refuses whoever names another version', wrong.isError, wrong.text)
  const says = (JSON.parse((await call('explain', { release })).text) as { structuredContent: { says: string[] } })
    .structuredContent.says
  const known = /Its arguments: (\{.*\}), and a reason/.exec(says.join('\n'))?.[1] ?? '{}'
  const back = await call('put_back', { ...(JSON.parse(known) as object), reason: 'e2e: orders drop' })
  verify(
    'mcp: put_back puts a promoted release back, with the arguments that explain gives',
    !back.isError,
    [back.text, ...says, ...said].join('\n'),
  )
  const way = (back.data as { releaseId?: string }).releaseId ?? ''
  const { stdout } = spawnSync(command, ['cli/main.ts', 'log', way, '--json'], { env: environment, encoding: 'utf8' })
  verify('mcp: the log names the role of the agent', stdout.includes('role/release-agent'), stdout)
}

/** Whatever comes in, only the protocol goes out; and it ends when its input does. */
async function checkProtocol(verify: Verify, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => void (said += data.toString()))
  const request = (id: number, method: string, params: object = {}) =>
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
  child.stdin.write('not json\n{"jsonrpc":"2.0"}\n[]\n{}\n\u0000\n')
  const clientInfo = { name: 'raw', version: '0' }
  request(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo })
  child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
  request(2, 'tools/call', { name: 'approve', arguments: { service: 'checkout' } })
  request(3, 'tools/call', { name: 'explain', arguments: { service: '\u001b[2J', extra: 1 } })
  request(4, 'tools/list')
  for (let tries = 0; tries < 300 && !said.includes('"id":4'); tries++)
    await new Promise((resolve) => setTimeout(resolve, 100))
  child.stdin.end()
  const code = await new Promise((resolve) => child.once('exit', resolve))
  const lines = said.split('\n').filter((line) => line !== '')
  const isProtocol = lines.every((line) => (JSON.parse(line) as { jsonrpc?: string }).jsonrpc === '2.0')
  verify('mcp: standard output has the protocol alone, after input that is none', isProtocol && lines.length >= 4, said)
  verify('mcp: it ends with its input', code === 0, String(code))
}
