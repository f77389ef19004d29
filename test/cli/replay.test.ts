// tidegate replay: files, methods and policies, past releases, and invalid files.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { parseReplay } from '../../cli/replay/input/read.ts'
import { replayFiles, replayRelease } from '../../cli/replay/replay.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { Problem } from '../../core/problem.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { plainEvidence } from '../../bench/rivals/e-processes.ts'
import { rivals } from '../../bench/rivals/rivals.ts'
import { definition } from '../core/sample.ts'
import { processes } from './story/in-processes.ts'

let folder: string
let lines: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-replay-'))
  lines = []
})
afterEach(() => {
  lines = []
})

const head = 'minute,stable_invocations,stable_bad,candidate_invocations,candidate_bad'
type Cells = readonly (number | string)[]
const good = (at: number): Cells => [at, 900, 9, 100, at % 2]
const bad = (at: number): Cells => [at, 900, 9, 100, at < 5 ? 1 : 20]
const csv = (row: (at: number) => Cells, count = 15, header = head): string =>
  [header, ...Array.from({ length: count }, (_, at) => row(at).join(','))].join('\n')

function file(text: string, name = 'day.csv'): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const replay = (path: string, method = 'ours', services: string[] = [], json = true): Promise<number> =>
  replayFiles(
    screenOn((line) => lines.push(line), json),
    [path],
    { series: new Map(), zeroWhenMissing: false },
    { services, method },
  )
type Said = {
  minutes: { minute: number; verdict: string; signals: Record<string, { logE?: number }> }[]
  methods: { name: string; rolledBackAtMinute: number | null; candidateBad: number }[]
}
const said = (): Said => JSON.parse(lines.join('')) as Said
const policy = (name: string, changes: Record<string, unknown>): string =>
  file(JSON.stringify({ ...definition, ...changes }), name)

describe('a replay of a file', () => {
  it('prints the verdict minute by minute, as JSON', async () => {
    expect(await replay(file(csv(bad)))).toBe(0)
    const { minutes } = said()
    expect(minutes.map(({ minute }) => minute)).toEqual(Array.from({ length: 15 }, (_, at) => at))
    expect(Object.keys(minutes[0] ?? {})).toEqual(['minute', 'verdict', 'signals'])
    expect(Object.keys(minutes[0]?.signals ?? {})).toEqual(['errors'])
    const failed = minutes.findIndex(({ verdict }) => verdict === 'fail')
    expect(failed).toBeGreaterThanOrEqual(5)
    expect(failed).toBeLessThan(9)
    expect(minutes[failed]?.signals['errors']?.logE).toBeGreaterThan(Math.log(20))
    expect(minutes[failed - 1]?.signals['errors']?.logE).toBeLessThan(Math.log(20))
    expect(minutes.slice(failed).every(({ verdict }) => verdict === 'fail')).toBe(true)
  })

  it('prints a table with a bar for people, and the end in a sentence', async () => {
    await replay(file(csv(bad)), 'ours', [], false)
    const text = lines.join('\n')
    expect(text).toMatch(/^ +14 +9 of 900 +20 of 100 +\d+\.\d\d +█{20} +fail/m)
    expect(text).toMatch(/^ +0 +9 of 900 +1 of 100 +-\d\.\d\d +░{20} +pass/m)
    expect(lines.at(-1)).toMatch(/^Rolled back at minute [567], when the candidate had failed \d+ requests\.$/)
    lines = []
    await replay(file(csv(good)), 'ours', [], false)
    expect(lines.at(-1)).toBe('Never rolled back; the last word is pass. The candidate failed 7 requests.')
  })

  it('accepts JSON with the same fields, and minutes that do not begin at 0', async () => {
    const names = head.split(',')
    const rows = Array.from({ length: 15 }, (_, at) =>
      Object.fromEntries(bad(at).map((cell, index) => [names[index] ?? '', index === 0 ? at + 600 : cell] as const)),
    )
    await replay(file(JSON.stringify(rows), 'day.json'))
    const fromJson = said().minutes
    lines = []
    await replay(file(JSON.stringify({ minutes: rows }), 'wrapped.json'))
    expect(said().minutes).toEqual(fromJson)
    lines = []
    await replay(file(csv(bad)))
    expect(fromJson.map((one) => ({ ...one, minute: one.minute - 600 }))).toEqual(said().minutes)
  })

  it.each(rivals.map(({ name }) => name))('asks %s', async (method) => {
    await replay(file(csv(bad, 30)), method)
    expect(said().minutes).toHaveLength(30)
    expect(said().minutes.at(-1)?.verdict).toBe('fail')
  })

  it('gives e1 and e2 the length of the file as horizon', async () => {
    for (const [method, members] of [
      ['e1', 1],
      ['e2', 7],
    ] as const) {
      lines = []
      await replay(file(csv(bad, 23)), method)
      const { minutes } = parseReplay([{ file: 'x', text: csv(bad, 23) }])
      expect(said().minutes.map(({ signals }) => signals['errors']?.logE)).toEqual(plainEvidence(members, 1, minutes))
    }
  })

  it('compares all methods, and several policies, on the same data', async () => {
    await replay(file(csv(bad, 30)), 'all')
    expect(said().methods.map(({ name }) => name)).toEqual(rivals.map(({ name }) => name))
    lines = []
    const strict = policy('strict.json', { policy: { alpha: 0.2 } })
    const lenient = policy('lenient.json', { signals: { errors: { tolerance: 50 } } })
    await replay(file(csv(bad, 30)), 'ours', [strict, lenient])
    const [first, second] = said().methods
    expect(first?.rolledBackAtMinute).toBeLessThan(9)
    expect(second).toMatchObject({ name: lenient, rolledBackAtMinute: null })
  })

  it('leaves out signals that the file does not have, and says so', async () => {
    await replay(file(csv(bad)), 'ours', [policy('own.json', {})], false)
    expect(lines[0]).toBe('Not in the file and left out: latency, throttles, cost, alarms.')
  })

  it('judges additional signals in the file, counts and means, built-in and custom', async () => {
    const header = `${head},signal:latency:stable_bad,signal:latency:candidate_bad,basket:stable_mean,basket:candidate_mean,weight`
    const slow = (at: number): Cells => [at, 900, 0, 100, 0, 90, at < 8 ? 10 : 60, 50 + (at % 3), 50 + (at % 4), 10]
    await replay(file(csv(slow, 25, header)))
    const { minutes } = said()
    expect(Object.keys(minutes[0]?.signals ?? {})).toEqual(['errors', 'latency', 'basket'])
    expect(minutes.at(-1)?.verdict).toBe('fail')
    expect(minutes.at(-1)?.signals['latency']?.logE).toBeGreaterThan(3)
    expect(minutes.at(-1)?.signals['errors']?.logE).toBeLessThan(1)
  })
})

describe('a replay of a past release', () => {
  it('repeats its verdicts, and shows those of another policy', async () => {
    const sandbox = await openSandbox({ perMinute: 200 })
    try {
      await sandbox.world.services.put(
        sampleService({ slos: [], hooks: [], signals: { errors: { minimumSamples: 20 } } }),
      )
      const id = await sandbox.start({ version: await sandbox.publish('v3') })
      const release = await sandbox.finish(id)
      expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
      const screen = screenOn((line) => lines.push(line), true)
      await replayRelease(screen, sandbox.world, id, { services: [], method: 'ours' })
      expect(said().minutes.at(-1)?.verdict).toBe('fail')
      lines = []
      const blind = policy('blind.json', { signals: { errors: { tolerance: 100 } } })
      await replayRelease(screen, sandbox.world, 'checkout', { services: [blind], method: 'ours' })
      expect(said().minutes.map(({ verdict }) => verdict)).not.toContain('fail')
      lines = []
      await replayRelease(screen, sandbox.world, id, { services: [], method: 'sam-alarm' })
      expect(said().minutes.length).toBeGreaterThan(0)
      await expect(
        replayRelease(screen, sandbox.world, 'nobody', { services: [], method: 'ours' }),
      ).rejects.toMatchObject({ code: 'release_missing' })
    } finally {
      sandbox.close()
    }
  })
})

describe('an invalid file', () => {
  const changed = (at: number, column: number, cell: number | string): string =>
    csv((minute) => good(minute).map((value, index) => (minute === at && index === column ? cell : value)))
  it.each([
    ['nothing', '', /has no minutes/],
    ['a head alone', head, /has no minutes/],
    ['a missing column', csv(good).replace(',candidate_bad', ',bad'), /candidate_bad is missing/],
    ['an unknown column', csv((at) => [...good(at), 1], 5, `${head},speed`), /the column "speed" is not known/],
    ['a column twice', csv((at) => [...good(at), 1], 5, `${head},minute`), /"minute" is there twice/],
    [
      'two words for one column',
      csv((at) => [...good(at), 1], 5, `${head},stable_errors`),
      /stable_errors and stable_bad/,
    ],
    ['JSON nested without end', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, /entry 1: "\["\.\.\."\]" is not an object/],
    ['a negative count', changed(3, 4, -3), /line 5: candidate_bad is -3; it must be a whole number/],
    ['a fraction of a count', changed(3, 4, 0.5), /line 5: candidate_bad is 0\.5/],
    ['NaN', changed(3, 1, 'NaN'), /line 5: stable_invocations is "NaN"; it must be a number/],
    ['infinity', changed(3, 1, 'Infinity'), /stable_invocations is "Infinity"/],
    ['a word', changed(3, 1, 'many'), /"many"/],
    ['an empty cell', changed(3, 1, ''), /line 5: stable_invocations is ""/],
    ['more bad ones than there are', changed(3, 4, 101), /candidate_bad is more than candidate_invocations/],
    ['more bad ones of stable', changed(3, 2, 901), /stable_bad is more than stable_invocations/],
    ['a minute twice', changed(3, 0, 2), /minute 2 comes after minute 2/],
    ['minutes out of order', changed(3, 0, 1), /minute 1 comes after minute 2/],
    ['a minute that is missing', changed(3, 0, 4), /minute 3 is missing before minute 4/],
    ['a row that is too long', `${csv(good)}\n15,1,1,1,1,1`, /is not CSV/],
    ['an open quote', `${csv(good)}\n"15`, /is not CSV/],
    ['a weight of nothing', csv((at) => [...good(at), 0], 5, `${head},weight`), /weight is 0/],
    ['one side of a signal', csv((at) => [...good(at), 1], 5, `${head},a:stable_bad`), /a has no column for candidate/],
    ['broken JSON', '[{]', /is not JSON/],
    ['JSON without minutes', '{"rows": []}', /a list of minutes/],
    ['JSON of numbers', '[1, 2]', /entry 1: "1" is not an object/],
    ['JSON with a field less', `[${JSON.stringify({ minute: 0 })}]`, /stable_invocations is missing/],
  ])('is a problem with its location: %s', async (_, text, sentence) => {
    const path = file(text)
    await expect(replay(path)).rejects.toMatchObject({ code: 'replay_invalid' })
    await expect(replay(path)).rejects.toThrow(sentence)
    expect(lines).toEqual([])
  })

  it('is a problem, or is read to its last cell, whatever its text (fuzzed)', () => {
    const cell = fc.oneof(
      fc.integer({ min: -1, max: 50 }).map(String),
      fc.constantFrom('', 'x', '1e3', '"', '\u0000', '0x1'),
    )
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .array(fc.array(cell, { minLength: 4, maxLength: 6 }), { maxLength: 5 })
        .map((rows) => [head, ...rows.map((row) => row.join(','))].join('\n')),
    )
    fc.assert(
      fc.property(text, (any) => {
        try {
          const { minutes } = parseReplay([{ file: 'any', text: any }])
          for (const one of minutes) {
            expect(one.candidateBad).toBeLessThanOrEqual(one.candidateInvocations)
            for (const value of Object.values(one)) expect(Number.isInteger(value)).toBe(true)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(Problem)
          expect((error as Problem).code).toMatch(/^replay_/)
        }
      }),
      { numRuns: repeats(1000, 300) },
    )
  })

  it('that does not exist is a problem too', async () => {
    await expect(replay(join(folder, 'nothing.csv'))).rejects.toMatchObject({ code: 'replay_invalid' })
  })
})

describe('the spelling', () => {
  it('of replay and simulate works in a separate process, without AWS', () => {
    const { ofOne, ofAll } = processes()
    const path = file(csv(bad))
    const replayed = ofOne('replay', path, '--json', '--method', 'e2')
    expect(replayed).toMatchObject({ status: 0, stderr: '' })
    expect((JSON.parse(replayed.stdout) as Said).minutes).toHaveLength(15)
    const named = ['stable_errors=stable_bad', 'candidate_bad=candidate_bad']
    const statuses: readonly (readonly [number, readonly string[]])[] = [
      [0, ['simulate', '--requests', '50', '--errors', '0.01', '--runs', '3', '--json']],
      [2, ['replay']],
      [2, ['replay', path, '--method', 'luck']],
      [2, ['replay', path, '--from-cloudwatch', 'a:b']],
      [2, ['simulate', '--errors', '2']],
    ]
    const refused: readonly (readonly [string, readonly string[]])[] = [
      ['are for exports of series', ['replay', path, '--series', ...named]],
      ['"errors=x" is not ROLE=NAME', ['replay', path, '--series', 'errors=x']],
      ['--from noon is no time', ['replay', path, '--from', 'noon']],
      ['--last is for --from-cloudwatch', ['replay', path, '--last', '7d']],
      ['--release takes none of them', ['replay', '--release', 'x', '--stable', '1']],
      ['--last is for --from-cloudwatch', ['backtest', 'x', '--last', '7d']],
      ['replay_invalid: ', ['replay', file('', 'empty.csv')]],
    ]
    const told = ofAll([...statuses, ...refused].map(([, words]) => words))
    expect(told[0]?.stderr).toBe('')
    for (const [index, [status]] of statuses.entries()) expect(told[index]?.status).toBe(status)
    for (const [index, [why]] of refused.entries()) expect(told[statuses.length + index]?.stderr).toContain(why)
  })
})
