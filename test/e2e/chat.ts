// What Amazon Q Developer and CloudWatch do, done with the AWS CLI: the button of a chat, with the words of docs/messages.md and
// the rights of a channel's role, and a custom widget.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Verify = (name: string, holds: boolean, detail: string) => void

/** As documented, with the variables of a message filled in. Amazon Q Developer has no shell. */
function documented(service: string): readonly string[] {
  const text = readFileSync(new URL('../../docs/messages.md', import.meta.url), 'utf8')
  const command = /^ {4}(stepfunctions start-execution .*)$/m.exec(text)?.[1] ?? ''
  const values = { REGION: 'us-east-1', ACCOUNT: '000000000000', $service: service }
  return Object.entries(values)
    .reduce((line, [name, value]) => line.replace(name, value), command)
    .split(' ')
}

/** @param environment in which ann calls the embedded cloud */
export function checkChat(verify: Verify, aws: string, url: string, environment: NodeJS.ProcessEnv): void {
  const run = (command: string, args: readonly string[], profile: string) => {
    const env = { ...environment, AWS_PROFILE: profile }
    const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: 600_000 })
    return { status, stdout, all: `${stdout}${stderr}` }
  }
  const call = (profile: string, ...args: readonly string[]) =>
    run(aws, ['--endpoint-url', url, '--output', 'json', ...args], profile)
  const tidegate = (...args: readonly string[]) => run(process.execPath, ['cli/main.ts', ...args], 'ann')
  const pressed = (...args: readonly string[]) => call('chat-channel', ...args)
  const alias = () => {
    const { stdout } = call('ann', 'lambda', 'get-alias', '--function-name', 'checkout', '--name', 'live')
    return JSON.parse(stdout === '' ? '{}' : stdout) as { FunctionVersion?: string; RoutingConfig?: object }
  }
  const until = (holds: () => boolean): boolean => {
    for (let tries = 0; tries < 30; tries++) if (holds()) return true
    return false
  }

  const { FunctionVersion: stable } = alias()
  const candidate = stable === '1' ? '2' : '1'
  const plan = ['--plan', 'Linear10PercentEvery10Minutes', '--bolder']
  const started = tidegate('release', 'checkout', '--version', candidate, ...plan)
  const isLive = until(() => JSON.stringify(alias().RoutingConfig ?? {}).includes(`"${candidate}"`))
  verify('chat: a release has traffic', isLive, started.all)
  const command = documented('checkout')
  const { status, stdout, all } = pressed(...command)
  verify('chat: the documented command of the button starts', status === 0 && stdout.includes('executionArn'), all)
  const isBack = until(() => {
    const { FunctionVersion, RoutingConfig } = alias()
    return FunctionVersion === stable && !JSON.stringify(RoutingConfig ?? {}).includes(`"${candidate}"`)
  })
  verify('chat: the button puts the traffic back', isBack, JSON.stringify(alias()))
  const history = tidegate('history', 'checkout', '--json').stdout
  verify('chat: the log names the role and the chat', history.includes('ordered in a chat'), history.slice(0, 2000))

  const refused = (name: string, ...args: readonly string[]): void => {
    const answer = pressed(...args)
    verify(`chat: ${name} is refused`, answer.status !== 0 && answer.all.includes('AccessDenied'), answer.all)
  }
  refused('another machine', ...command.map((word) => word.replace('tidegate-put-back', 'tidegate-release')))
  const move = ['--function-name', 'checkout', '--name', 'live', '--function-version', candidate]
  refused('moving the alias', 'lambda', 'update-alias', ...move)
  const out = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'answer.json')
  for (const verb of ['approve', 'promote', 'orderRollback'])
    refused(`calling ${verb}`, 'lambda', 'invoke', '--function-name', `tidegate-${verb}`, out)

  const asked = JSON.stringify({ show: 'releases', widgetContext: { timeRange: { start: 0, end: 1 } } })
  const payload = run(aws, ['--version'], 'ann').all.startsWith('aws-cli/1')
    ? asked
    : Buffer.from(asked).toString('base64')
  const widget = call('viewer', 'lambda', 'invoke', '--function-name', 'tidegate-widget', '--payload', payload, out)
  verify(
    'a viewer may not call the widget, as long as nobody lets them',
    widget.all.includes('AccessDenied'),
    widget.all,
  )
  const shown = call('ann', 'lambda', 'invoke', '--function-name', 'tidegate-widget', '--payload', payload, out)
  const page = JSON.parse(readFileSync(out, 'utf8')) as string
  verify(
    'the widget answers HTML',
    /<div class="tidegate">[^]*checkout/.test(page),
    `${shown.all}${page.slice(0, 500)}`,
  )
}
