// Takes away each defence of docs/security.md, in a copy of the tree, and expects the test of its row to fail. A test that passes
// without the defence guards nothing.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { agentDefences } from './agent-defences.ts'
import { consoleDefences } from './console-defences.ts'
import { outwardDefences } from './outward-defences.ts'
import { versionDefences } from './version-defences.ts'

export type Defence = {
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
    line: 'return bolder === true ? { ...request, bolder } : request',
    without: 'return { ...request, bolder: true }',
    test: 'lib/principals.test.ts',
  },
  {
    attack: 'rolls back to code that never was in charge, by `to`',
    file: 'core/release/head.ts',
    line: 'if (change < 0) return false',
    without: 'if (change < 9) return true',
    test: 'scenarios/back/go-back.test.ts',
  },
  {
    attack: 'takes a right on one service to a release of another',
    file: 'functions/orders/order.ts',
    line: 'if (service !== undefined && name !== service)',
    without: 'if (service !== undefined && name === id)',
    test: 'functions/orders/other-service.test.ts',
  },
  {
    attack: 'reads releases of another service than their right is for',
    file: 'functions/reading/releases.ts',
    line: '  checkService(release, service)\n',
    without: '',
    test: 'functions/api/read.test.ts',
  },
  {
    attack: "sends another's idempotency key, to get their answer or to keep their order from being done",
    file: 'functions/door.ts',
    line: 'const scope = [by, routeKey,',
    without: 'const scope = [typeof by, routeKey,',
    test: 'functions/api/idempotency.test.ts',
  },
  {
    attack: 'opens many streams of events, until no function of the account can run any more',
    file: 'lib/doors.ts',
    line: 'defaultChild.routeSettings = { [waiting]: waitingThrottle }',
    without: 'defaultChild.routeSettings = {}',
    test: 'lib/reading.test.ts',
  },
  {
    attack: 'passes for AWS by a body in the form of an event',
    file: 'functions/door.ts',
    line: "throw new Problem('door_only', 'This function is called by the API alone, which proves who calls.')",
    without: 'return inner(event, call)',
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
    line: 'await deps.pager.page(logChangedPage(shortId(releaseId), what, verb))',
    without: 'void logChangedPage(shortId(releaseId), what, verb)',
    test: 'functions/log/watch-log.test.ts',
  },
  {
    attack: 'ends the JSON of an incident platform by what they wrote',
    file: 'core/incident/words.ts',
    line: `text.replaceAll('"', "'").replaceAll`,
    without: 'text.replaceAll',
    test: 'lib/messages/incidents-out.test.ts',
  },
  {
    attack: 'mentions a whole channel, or links, in a chat by what they wrote',
    file: 'core/message/chat.ts',
    line: ".replaceAll('<', '&lt;')",
    without: '',
    test: 'core/message/chat.test.ts',
  },
  {
    attack: "gets words into the command of a chat's button",
    file: 'core/message/chat.ts',
    line: 'releaseId !== undefined && releaseIdForm.test(releaseId) ? releaseId : undefined',
    without: 'releaseId',
    test: 'core/message/chat.test.ts',
  },
  {
    attack: 'approves or promotes by a button',
    file: 'lib/controller.ts',
    line: "grantRoutes(this.api, machine, ['roll-back'])",
    without: "grantRoutes(this.api, machine, ['roll-back', 'approve'])",
    test: 'lib/messages/chat-actions.test.ts',
  },
  {
    attack: 'takes on a role in the channel that may do more than put back',
    file: 'lib/template/chat.ts',
    line: 'guardrailPolicies: [guardrail.toString()],',
    without: '',
    test: 'lib/template/template.test.ts',
  },
  {
    attack: 'puts back the release of another service',
    file: 'functions/orders/order-rollback.ts',
    line: 'checkService(loaded.release, call.service)',
    without: '',
    test: 'local/put-back.test.ts',
  },
  {
    attack: 'forges, breaks or loses a message by what they wrote',
    file: 'core/page.ts',
    line: 'releaseId: oneLine(about.releaseId, 110)',
    without: 'releaseId: about.releaseId',
    test: 'core/message/hostile-messages.test.ts',
  },
  {
    attack: 'keeps the sweep busy with telling',
    file: 'functions/sweep/sweep.ts',
    line: 'const telling = [told(deps, answered)',
    without: 'const telling = [await told(deps, answered)',
    test: 'functions/messages/sweep.test.ts',
  },
  {
    attack: 'floods the person on call, so that they miss the one that matters',
    file: 'functions/messages/pager.ts',
    line: 'if (told !== undefined && isTold(page, told, nowMs)) {',
    without: 'if (false) {',
    test: 'functions/messages/pager.test.ts',
  },
  {
    attack: 'hides escape sequences, line breaks or commands in reasons, names and messages',
    file: 'core/foreign-text.ts',
    line: 'const escapeOf = (char: string): string => names.get(char) ??',
    without: "const escapeOf = (char: string): string => char + '' ||",
    test: 'core/foreign-text.test.ts',
  },
  {
    attack: "releases other code than the service's",
    file: 'functions/steps/accept.ts',
    line: "if (candidate.kind === 'versions' || isFrom(allowed, candidate, home)) return",
    without: 'if (candidate.kind !== allowed) return',
    test: 'lib/artifacts.test.ts',
  },
  {
    attack: 'makes the controller touch a function that nobody gave it, by a definition that is applied',
    file: 'lib/controller-functions.ts',
    line: 'tagged.includes(scope as Scope) ? { tag } : {}',
    without: 'tagged.includes(verb as Scope) ? { tag } : {}',
    test: 'lib/template/template.test.ts',
  },
  {
    attack: "puts a command or an option into an input of a pipeline's step",
    file: 'actions/release/release.sh',
    line: '"$@" -- "$RELEASE_SERVICE"',
    without: '"$@" "$RELEASE_SERVICE"',
    test: 'actions/actions.test.ts',
  },
  {
    attack: 'makes a function that only reads move traffic in another account',
    file: 'cloud/aws/client-at.ts',
    line: "use === 'look' ? lookRoleOf(place ?? {}) : place?.roleArn",
    without: 'place?.roleArn',
    test: 'lib/elsewhere/elsewhere.test.ts',
  },
  {
    attack: "names another team's role in the definition of their service",
    file: 'lib/target-access.ts',
    line: "'sts:ExternalId': props.services.map(externalIdOf),",
    without: '',
    test: 'lib/trust.test.ts',
  },
  {
    attack: 'ends a job of another pipeline by a made-up event',
    file: 'functions/orders/pipeline.ts',
    line: 'if (job === undefined || !isOf(functionName, job)) {',
    without: 'if (job === undefined) {',
    test: 'lib/pipeline.test.ts',
  },
  {
    attack: 'reads a task token and decides in place of the controller',
    file: 'cloud/kinds.ts',
    line: "filter((kind) => kind !== 'waiter')",
    without: 'filter((kind) => kind !== undefined)',
    test: 'lib/reading.test.ts',
  },
  {
    attack: 'changes a definition, and so its gates, unseen',
    file: 'functions/definitions/register.ts',
    line: 'if (changed.length > 0 && !(await deps.definitions.add(seq, record))) throw',
    without: 'if (changed.length > 9999 && !(await deps.definitions.add(seq, record))) throw',
    test: 'functions/apply.test.ts',
  },
  {
    attack: 'writes a whole log again, with its chain and its history',
    file: 'functions/listeners/copy-log.ts',
    line: "return found === 'other' ? 'is another than its copy' : undefined",
    without: 'return found ? undefined : undefined',
    test: 'functions/log/copy-log.test.ts',
  },
  {
    attack: 'floods a service with requests, so that nothing else of it moves',
    file: 'functions/steps/queue.ts',
    line: 'const most = waitingMost(service)',
    without: 'const most = 1000 + waitingMost(service)',
    test: 'scenarios/flood/queue.test.ts',
  },
  {
    attack: 'watches the pages of all services, and so takes the calls to Lambda that a rollback needs',
    file: 'functions/views/alias-readings.ts',
    line: '.slice(0, Math.floor(memory.mayRead))',
    without: '.slice(0)',
    test: 'functions/views/fleet.test.ts',
  },
  {
    attack: 'keeps the sweep busy, so that it never comes to a release',
    file: 'functions/sweep/sweep.ts',
    line: 'clock.nowMs() < beganMs + sweepSeconds * 1000',
    without: 'beganMs > 0',
    test: 'scenarios/flood/sweep.test.ts',
  },
  {
    attack: "releases code under another commit's id, or takes the id of a request, to inherit its tests",
    file: 'core/gate/counting.ts',
    line: 'commit !== undefined && mayRequesterBind(counting) ? [commit] : []',
    without: 'commit !== undefined && mayRequesterBind(counting) !== undefined ? [commit] : []',
    test: 'core/gate/counting.test.ts',
  },
  {
    attack: 'attests what is for others to say, in the name of AWS, or of tomorrow',
    file: 'core/gate/counting.ts',
    line: "if (isAhead(atMs, nowMs)) return 'it is dated ahead of the clock'",
    without: '',
    test: 'core/gate/counting.test.ts',
  },
  {
    attack: 'lets a later result undo a failure',
    file: 'core/gate/attestation.ts',
    line: 'isReplaced || before.tests === undefined ? tests : worseTests(before.tests, tests)',
    without: 'tests',
    test: 'core/gate/attestation.test.ts',
  },
  {
    attack: 'hands in a signed statement that is forged, changed, or about other code',
    file: 'provenance/signatures.ts',
    line: '.verify(entity)',
    without:
      '.verify({ ...entity, signature: { compareDigest: () => true, compareSignature: () => true, verifySignature: () => true } } as unknown as SignedEntity)',
    test: 'provenance/signatures.test.ts',
  },
  {
    attack: 'writes an alias by hand during a release',
    file: 'cloud/aws/traffic.ts',
    line: 'RevisionId: expectedRevision,',
    without: '',
    test: 'contract/aws.test.ts',
  },
  ...consoleDefences,
  ...agentDefences,
  ...outwardDefences,
  ...versionDefences,
]

type Row = { readonly attack: string; readonly tests: string }

/** The table of docs/security.md. */
function rows(): readonly Row[] {
  const page = readFileSync('docs/security.md', 'utf8')
  const table = page.slice(page.indexOf('## Threats'), page.indexOf('## Not defended'))
  const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  return cells.slice(4).flatMap(([, , attack, , tests]) => (attack && tests ? [{ attack, tests }] : []))
}

/** What is wrong with this list: rows that have no defence here, and lines that do not stand in their file once. */
export const staleDefences = (): readonly string[] => [
  ...rows()
    .filter(({ attack, tests }) => !defences.some((one) => one.attack === attack && tests.includes(one.test)))
    .map(({ attack }) => `nothing is taken away for: ${attack}`),
  ...defences
    .filter(({ file, line }) => readFileSync(file, 'utf8').split(line).length !== 2)
    .map(({ file, line }) => `${file} does not have once: ${line}`),
]

type Verify = (name: string, holds: boolean, detail: string) => void

/** Two at once, for two cores. @param only attacks that contain this text */
export async function checkDefences(verify: Verify, only = ''): Promise<void> {
  const left = defences.filter(({ attack }) => attack.includes(only))
  await Promise.all([checkNext(verify, left), checkNext(verify, left)])
}

/** Each takes its defences away in a copy of its own. */
async function checkNext(verify: Verify, left: Defence[]): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'tidegate-defences-'))
  try {
    cpSync('.', copy, { recursive: true, filter: (path) => !/^(\.git|node_modules|cdk\.out|dist)(\/|$)/.test(path) })
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'))
    for (let defence = left.shift(); defence !== undefined; defence = left.shift()) {
      const [failed, detail] = await failsWithout(copy, defence)
      verify(`${defence.test} fails without the defence in ${defence.file}: ${defence.attack}`, failed, detail)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

async function failsWithout(copy: string, { file, line, without, test }: Defence): Promise<readonly [boolean, string]> {
  const path = join(copy, file)
  const whole = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    whole.replace(line, () => without),
  )
  const vitest = join(copy, 'node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--bail=1', '--reporter=dot', `test/${test}`], {
    ...{ cwd: copy, timeout: 600_000, env: { ...process.env, NO_COLOR: '1' } },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('close', resolve)),
  ])
  writeFileSync(path, whole)
  // A tree that does not load fails too, and shows nothing.
  const ran = /Tests +(?:\d+ \w+ \| )*\d+ failed/.test(stdout)
  return [status !== 0 && ran, `${stdout.slice(-1500)}${stderr.slice(-500)}`]
}
