// Files as people provide them (test/fixtures has one of each kind). An error is one sentence that says what is wrong, where, and
// what is allowed there; a file that only has another encoding is read.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openSloDocuments } from '../../cli/commands/openslo.ts'
import { replayFiles } from '../../cli/replay/replay.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { readDefinition } from '../../cli/commands/apply.ts'
import { importOpenSlo } from '../../core/service/openslo.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { ProblemCode } from '../../core/problem.ts'
import { expectProblem } from '../contract/samples.ts'
import { definition } from '../core/sample.ts'

const fixture = (name: string): string => join(import.meta.dirname, '..', 'fixtures', name)
const folder = mkdtempSync(join(tmpdir(), 'tidegate-files-'))
const written = (name: string, content: Uint8Array | string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('a definition in a file', () => {
  it.each([
    ['zone-pst.yaml', 'gates.windows[0].timeZone: no time zone is called "PST"; name it as in Europe/Berlin'],
    ['alias-unresolved.yaml', 'is not YAML: Unresolved alias'],
    ['alias-bomb.yaml', 'is not YAML: Excessive alias count'],
    ['plan-bake.yaml', 'plan.steps[1].bake: write a duration as a whole number and s, m, h or d'],
    ['window-days.yaml', 'gates.windows[0].days[0]: it must be one of mon, tue'],
    ['objective-fraction.yaml', 'slos[0].objective: 0.999 may mean 99.9 % or 0.999 %; write percent'],
  ])('%s is refused with the name of the field', async (name, words) => {
    const problem = await expectProblem('definition_invalid', readDefinition(fixture(name)))
    expect(problem.message).toContain(words)
    expect(problem.message.split('\n')).toHaveLength(1)
  })

  it('is read from UTF-8 and UTF-16, with a byte order mark, and from no other encoding', async () => {
    const text = `\uFEFF${JSON.stringify({ ...definition, runbook: 'https://example.com/größe' })}`
    const utf16 = Buffer.from(text, 'utf16le')
    for (const content of [text, utf16, Buffer.from(utf16).swap16()])
      expect((await readDefinition(written('service.json', content))).runbook).toContain('gr')
    const refused: [Uint8Array, string][] = [
      [gzipSync(text), 'is packed (gzip): unpack it first'],
      [Buffer.from('name: gr\xf6\xdfe', 'latin1'), 'is not text in UTF-8'],
      [utf16.subarray(2), 'is not text in UTF-8'],
      [Buffer.from('name: x', 'utf16le'), 'NUL'],
    ]
    for (const [content, words] of refused) {
      const problem = await expectProblem('definition_invalid', readDefinition(written('x.yaml', content)))
      expect(problem.message).toContain(words)
    }
    await expectProblem('definition_invalid', readDefinition(folder), /cannot be read/)
    await expectProblem('definition_invalid', readDefinition(join(folder, 'nonesuch.yaml')), /cannot be read/)
    // It has no end.
    await expectProblem('definition_invalid', readDefinition('/dev/zero'), /has more than 16 MiB/)
  })

  it.each([
    [{ plan: { step: [] } }, /^plan: write the name of a plan, .* or one of steps, canary, linear/],
    [{ plan: 5 }, /^plan: write the name of a plan/],
    [{ plan: { steps: 5 } }, /^plan.steps: /],
    [{ plan: { canary: { stepWeight: 10 } } }, /^plan.canary.interval: /],
    [{ pace: { careful: { steps: [{ weight: 10, bake: '5' }] } } }, /^pace.careful.steps\[0\].bake: write a duration/],
    [
      { slos: [{ name: 'a', objective: 99, window: 28 }] },
      /^slos\[0\].window: write a rolling window in days, as 28d, or/,
    ],
    [{ slos: [{ name: 'a', objective: 99, window: { calendar: 'year' } }] }, /^slos\[0\].window.calendar: .*quarter/],
    [{ slos: [{ name: 'a', objective: 99, sli: 'available' }] }, /^slos\[0\].sli: write availability, /],
    [{ slos: [{ name: 'a', objective: 99, sli: { fasterThanMs: '1' } }] }, /^slos\[0\].sli.fasterThanMs: .*number/],
    [
      { slos: [{ name: 'a', objective: 99, sli: { fasterThanMs: 100 / 3 } }] },
      /^slos\[0\].sli.fasterThanMs: at most three/,
    ],
    [
      { slos: [{ name: 'a', objective: 99, slices: { minutes: 5, objective: 0.95 } }] },
      /slices.objective: 0.95 may mean 95 %/,
    ],
    [{ gates: { approvals: [{ before: '10%' }] } }, /^gates.approvals\[0\].before: write begin, or the percent/],
    [
      { gates: { windows: [{ from: '2026-12-20', to: '2026-12-24' }] } },
      /^gates.windows\[0\].from: write a moment as 2026/,
    ],
    [{ gates: { freezes: ['always'] } }, /^gates.freezes\[0\]: write two moments, .* or hours of a week/],
    [{ signals: { errors: 'of' } }, /^signals.errors: write off, or how it counts/],
    [{ signals: { errors: { tolerence: 1 } } }, /^signals.errors: .*"tolerence"/],
    [
      { planned: [{ days: ['mon'], from: '09:00', to: '10:00', timeZone: 'IST' }] },
      /^planned\[0\].timeZone: no time zone/,
    ],
    [
      { slos: [{ name: 'a', objective: 99, window: { calendar: 'week', timeZone: 'Mars/Olympus' } }] },
      /^slos\[0\].window.timeZone: no time zone/,
    ],
  ])('%j names the wrong field as the person wrote it, and says what is allowed', async (changes, words) => {
    const refused = await expectProblem(
      'definition_invalid',
      Promise.resolve().then(() => parseDefinition({ ...definition, ...changes })),
    )
    expect(refused.message.replace('The service definition is not valid: ', '')).toMatch(words)
  })

  const custom = { namespace: 'Shop', metric: 'Carts', dimensions: { v: '{version}' }, kind: 'count' }
  it.each(['errors', 'latency', 'throttles', 'cost', 'memory', 'alarms', 'custom'])(
    'a custom signal cannot be called %s, like a built-in one',
    async (name) => {
      const own = (called: string) =>
        parseDefinition({ ...definition, signals: { custom: [{ ...custom, name: called }] } })
      expect(own(`${name}-2`).signals.custom).toHaveLength(1)
      await expectProblem(
        'definition_invalid',
        Promise.resolve().then(() => own(name)),
        /signals.custom\[0\].name: /,
      )
    },
  )
})

it('a share where OpenSLO has percent is refused, with both readings', async () => {
  const name = 'percent-fraction.openslo.yaml'
  const imported = Promise.resolve().then(() =>
    importOpenSlo(openSloDocuments(readFileSync(fixture(name), 'utf8'), name)),
  )
  await expectProblem('openslo_invalid', imported, /targetPercent.*0\.999 may mean 99\.9 % or 0\.999 %/)
})

describe('a file to replay', () => {
  const replay = async (path: string): Promise<string> => {
    const lines: string[] = []
    const services: readonly string[] = []
    await replayFiles(
      screenOn((line) => lines.push(line), true),
      [path],
      { series: new Map(), zeroWhenMissing: false },
      { services, method: 'ours' },
    )
    return lines.join('\n')
  }

  it('gives the same result with a byte order mark, in UTF-16, and with other separators', async () => {
    const plain = await replay(fixture('bom.csv'))
    expect(await replay(fixture('bom.json'))).toBe(plain)
    const csv = readFileSync(fixture('bom.csv'), 'utf8')
    expect(await replay(written('utf16.csv', Buffer.from(csv, 'utf16le')))).toBe(plain)
    for (const separator of [';', '\t'])
      expect(await replay(written('other.csv', csv.replaceAll(',', separator)))).toBe(plain)
  })

  it.each([
    ['slow.csv', /slow\.csv, line 2: latency:stable_bad is more than stable_invocations/],
    ['upper.csv', /upper\.csv: there is no signal for the column "Latency:stable_bad"; write latency\./],
  ])('%s is refused with its line or column', async (name, words) => {
    await expectProblem('replay_invalid', replay(fixture(name)), words)
  })

  const head = 'minute,stable_invocations,stable_bad,candidate_invocations,candidate_bad'
  it.each([
    [
      `${head},Carts:stable_bad,Carts:candidate_bad\n0,9,0,9,0,1,1`,
      /"Carts:stable_bad"; a signal of your own has lower-case/,
    ],
    [`${head},latency:stable_mean,latency:candidate_mean\n0,9,0,9,0,1,1`, /written latency:stable_bad/],
    [`${head},errors:stable_bad,errors:candidate_bad\n0,9,0,9,0,1,1`, /errors have no name/],
    [`${head}\n0,9,0,9,0\n60,9,0,9,0`, /numbered consecutively, not in seconds/],
  ])('is refused with the right way to write it: %j', async (text, words) => {
    await expectProblem('replay_invalid', replay(written('wrong.csv', text)), words)
  })

  it('is read when it is packed with gzip, and refused by the name of any other packing', async () => {
    const plain = await replay(fixture('bom.csv'))
    const packed = gzipSync(readFileSync(fixture('bom.csv')))
    expect(await replay(written('day.csv.gz', packed))).toBe(plain)
    const code: ProblemCode = 'replay_invalid'
    await expectProblem(code, replay(written('cut.csv.gz', packed.subarray(0, 40))), /packed \(gzip\) and damaged/)
    await expectProblem(code, replay(written('day.zip', Buffer.from('PK\u0003\u0004'))), /packed \(zip\): unpack it/)
    const large = written('large.csv', Buffer.alloc(33 * 2 ** 20, '0'))
    await expectProblem('replay_too_large', replay(large), /has more than 32 MiB\.$/)
    const bomb = gzipSync(Buffer.alloc(33 * 2 ** 20, '0'))
    await expectProblem('replay_too_large', replay(written('bomb.gz', bomb)), /more than 32 MiB unpacked/)
  })
})

it('the command line reports a broken alias in a sentence and exits with 2', () => {
  const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')
  const args = [main, 'replay', fixture('ok.csv'), '--service', fixture('alias-unresolved.yaml')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(2)
  expect(stderr).toMatch(
    /^definition_invalid: The file .*alias-unresolved\.yaml is not YAML: Unresolved alias.*\n {2}Correct/,
  )
  expect(stderr.trim().split('\n')).toHaveLength(3)
})
