// Takes away each defence of docs/security.md, in a copy of the tree, and expects the test of its row to fail. A test that passes
// without the defence guards nothing.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Defence = {
  /** As docs/security.md names it. */
  readonly attack: string
  /** Where the defence is, and what stands there. */
  readonly file: string
  readonly line: string
  readonly without: string
  /** Under test/, as the row names it. */
  readonly test: string
}

const defences: readonly Defence[] = [
  {
    attack: 'names another person in an order',
    file: 'functions/door.ts',
    line: "for (const field of [...Object.keys(fixed), 'by'])",
    without: 'for (const field of [] as string[])',
    test: 'functions/door.test.ts',
  },
  {
    attack: 'approves their own release under another spelling, or permission set',
    file: 'core/caller.ts',
    line: '.toLowerCase()',
    without: '',
    test: 'core/caller.test.ts',
  },
  {
    attack: 'approves their own release under another spelling, or permission set',
    file: 'core/caller.ts',
    line: 'AWSReservedSSO_[^/]+\\/(.+)$/',
    without: '(AWSReservedSSO_[^/]+\\/.+)$/',
    test: 'core/caller.test.ts',
  },
  {
    attack: 'uses a right that was not given',
    file: 'lib/doors.ts',
    line: "`/${name}/${service ?? '*'}`",
    without: "`/*/${service ?? '*'}`",
    test: 'lib/principals.test.ts',
  },
  {
    attack: 'starts a release by a bolder plan',
    file: 'functions/orders/start.ts',
    line: 'if (!bolder) await refuseBolder',
    without: 'if (bolder) await refuseBolder',
    test: 'lib/principals.test.ts',
  },
  {
    attack: 'takes a right on one service to a release of another',
    file: 'functions/orders/order.ts',
    line: 'if (service !== undefined && name !== service)',
    without: 'if (service !== undefined && name === id)',
    test: 'functions/other-service.test.ts',
  },
  {
    attack: 'passes for AWS by a body in the form of an event',
    file: 'functions/door.ts',
    line: 'if (isHeard(verb, said)) throw',
    without: 'if (false) throw',
    test: 'functions/door.test.ts',
  },
  {
    attack: 'forges an event',
    file: 'functions/events/believed.ts',
    line: 'if (isSame(site, home)) return true',
    without: 'if (isSame(site, site)) return true',
    test: 'functions/foreign-events.test.ts',
  },
  {
    attack: 'answers for a hook',
    file: 'functions/orders/answer.ts',
    line: "nonceSha256 !== undefined && !isEqual(digest(nonce ?? ''), nonceSha256)",
    without: 'nonceSha256 === nonce',
    test: 'scenarios/hook.test.ts',
  },
  {
    attack: 'a web page sends requests to `tidegate local`',
    file: 'cloud/local/door/visitor.ts',
    line: 'if (headers.origin !== undefined)',
    without: 'if (headers.origin === port)',
    test: 'cloud/local/door/visitor.test.ts',
  },
  {
    attack: 'two requests share the id of a release',
    file: 'functions/steps/wish.ts',
    line: "first?.type === 'requested' && first.key === key",
    without: "first?.type === 'requested' && key !== ''",
    test: 'scenarios/wish.test.ts',
  },
  {
    attack: 'overwrites or deletes an event of a log',
    file: 'functions/listeners/watch-log.ts',
    line: "eventName !== 'INSERT'",
    without: "eventName === ''",
    test: 'functions/watch-log.test.ts',
  },
  {
    attack: 'hides escape sequences, line breaks or commands in reasons, names and messages',
    file: 'core/foreign-text.ts',
    line: 'const escapeOf = (char: string): string => names.get(char) ??',
    without: "const escapeOf = (char: string): string => char + '' ||",
    test: 'core/foreign-text.test.ts',
  },
  {
    attack: 'writes an alias by hand during a release',
    file: 'cloud/aws/traffic.ts',
    line: 'RevisionId: expectedRevision,',
    without: '',
    test: 'contract/aws.test.ts',
  },
]

type Row = { readonly attack: string; readonly tests: string }

/** The table of docs/security.md. */
function rows(): readonly Row[] {
  const page = readFileSync('docs/security.md', 'utf8')
  const table = page.slice(page.indexOf('## Threats'), page.indexOf('## Not defended'))
  const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  return cells.slice(4).flatMap(([, , attack, , tests]) => (attack && tests ? [{ attack, tests }] : []))
}

/** @param only attacks that contain this text */
export function checkDefences(verify: (name: string, holds: boolean, detail: string) => void, only = ''): void {
  const untried = rows().filter(
    ({ attack, tests }) => !defences.some((one) => one.attack === attack && tests.includes(one.test)),
  )
  const names = untried.map(({ attack }) => attack).join('\n')
  verify('every row of docs/security.md has a defence that is taken away here', untried.length === 0, names)
  const copy = mkdtempSync(join(tmpdir(), 'tidegate-defences-'))
  try {
    cpSync('.', copy, { recursive: true, filter: (path) => !/^(\.git|node_modules|cdk\.out)(\/|$)/.test(path) })
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
    for (const defence of defences.filter(({ attack }) => attack.includes(only))) {
      const [failed, detail] = failsWithout(copy, defence)
      verify(`${defence.test} fails without the defence in ${defence.file}: ${defence.attack}`, failed, detail)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function failsWithout(copy: string, { file, line, without, test }: Defence): readonly [boolean, string] {
  const path = join(copy, file)
  const whole = readFileSync(path, 'utf8')
  const parts = whole.split(line)
  if (parts.length !== 2) return [false, `${file} has ${JSON.stringify(line)} ${parts.length - 1} times.`]
  writeFileSync(path, parts.join(without))
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--bail=1', '--reporter=dot', `test/${test}`],
    { cwd: copy, encoding: 'utf8', timeout: 300_000, env: { ...process.env, NO_COLOR: '1' } },
  )
  writeFileSync(path, whole)
  // A tree that does not load fails too, and shows nothing.
  const ran = /Tests +(?:\d+ \w+ \| )*\d+ failed/.test(stdout)
  return [status !== 0 && ran, `${stdout.slice(-1500)}${stderr.slice(-500)}`]
}
