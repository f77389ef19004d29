// tidegate backtest: what is taken from the past, what is made of it, and who is on the frontier.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, afterAll, beforeEach, describe, expect, it } from 'vitest'
import { screenOn } from '../../cli/backend/screen.ts'
import { backtest } from '../../cli/replay/backtest/backtest.ts'
import { beatenBy, findingOf, type Measured } from '../../cli/replay/backtest/frontier.ts'
import { pastReleases } from '../../cli/replay/backtest/past.ts'
import { pretend, windowOfRun, windowsOf } from '../../cli/replay/backtest/pretended.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { expectProblem } from '../contract/samples.ts'
import { definition, service } from '../core/sample.ts'
import { nowMs, openTown, story, townService } from '../functions/views/town.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidegate-backtest-'))
const policy = (name: string, changes: object): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify({ ...definition, ...changes }))
  return path
}
let lines: string[] = []
beforeEach(() => {
  lines = []
})

type Finding = { of: number; found: number; medianMinutes: number | null; badRequestsServed: number }
type Said = {
  runs: number
  planMinutes: number
  releases: { healthy: string[]; faulty: string[]; leftOut: { release: string; because: string }[] }
  stretches: { count: number; source: string }
  policies: {
    name: string
    onFrontier: boolean
    falseRollBacks: Record<'log' | 'pretended', { of: number; rolledBack: number }>
    faultyReleases: Finding
    faults: (Finding & { added: number })[]
  }[]
}

describe('the past of a service', () => {
  let sandbox: Sandbox
  let ids: string[]
  beforeAll(async () => {
    sandbox = await openSandbox({ perMinute: 200 })
    await sandbox.world.services.put(
      sampleService({ slos: [], hooks: [], signals: { errors: { minimumSamples: 20 } } }),
    )
    const finished = async (code: string): Promise<string> =>
      (await sandbox.finish(await sandbox.start({ version: await sandbox.publish(code) }))).id
    const good = await finished('v2')
    await sandbox.minutes(90)
    ids = [good, await finished('v3')]
    await sandbox.minutes(45)
  })
  afterAll(() => {
    sandbox.close()
  })
  const run = async (
    json: boolean,
    options: { policies?: string[]; last?: string; seed?: number; runs?: number } = {},
  ) => {
    const deps = {
      screen: screenOn((line) => lines.push(line), json),
      backend: sandbox.world,
      metrics: () => Promise.resolve({ telemetry: sandbox.world.telemetry, aheadMs: 0 }),
    }
    const { policies = [], last, seed = 1, runs = 6 } = options
    expect(await backtest(deps, 'checkout', { policies, limit: 50, runs, seed, last })).toBe(0)
    const text = lines.join('\n')
    lines = []
    return text
  }
  const said = async (options: Parameters<typeof run>[1]): Promise<Said> => JSON.parse(await run(true, options)) as Said

  it('is judged by its own policy, by other alphas, and by those of files', async () => {
    const blind = policy('blind.json', { signals: { errors: { tolerance: 100 } } })
    const { releases, policies, stretches } = await said({ policies: [blind] })
    expect(releases).toEqual({ healthy: [ids[0]], faulty: [ids[1]], leftOut: [] })
    expect(stretches.source).toBe('log')
    expect(policies.map(({ name }) => name)).toEqual(['own, alpha 0.05', 'alpha 0.01', 'alpha 0.1', blind])
    const [own, , , other] = policies
    expect(own?.falseRollBacks.log).toEqual({ of: 1, rolledBack: 0 })
    expect(own?.faultyReleases).toMatchObject({ of: 1, found: 1 })
    expect(other?.faultyReleases).toMatchObject({ of: 1, found: 0, medianMinutes: null })
    expect(other?.onFrontier).toBe(false)
    expect(policies[1]?.faults).not.toEqual(policies[2]?.faults)
    // A total failure is found by everybody, and sooner than a small one by the same policy.
    expect(own?.faults.map(({ added }) => added)).toEqual([0.005, 0.01, 0.05, 0.2, 1])
    expect(own?.faults.at(-1)).toMatchObject({ of: 6, found: 6 })
    expect(own?.faults.at(-1)?.badRequestsServed).toBeGreaterThan(0)
  })

  it('gives the same answer for the same seed, and another for another', async () => {
    const first = await said({})
    expect(await said({})).toEqual(first)
    expect((await said({ seed: 9 })).policies).not.toEqual(first.policies)
  })

  it('takes the days between releases from CloudWatch, and no minute of a release', async () => {
    const { stretches, planMinutes, policies } = await said({ last: '1d' })
    expect(stretches.source).toBe('cloudwatch')
    // 90 minutes between the two releases less the margin at both ends, and what is left after the second.
    expect(stretches.count).toBeGreaterThanOrEqual(Math.floor(60 / planMinutes))
    expect(stretches.count).toBeLessThanOrEqual(Math.ceil(100 / planMinutes))
    expect(policies[0]?.falseRollBacks.pretended).toEqual({ of: 6, rolledBack: 0 })
  })

  it('is printed with how many there were of everything, the seed, and what is not in it', async () => {
    const text = await run(false, { seed: 3 })
    expect(text).toMatch(/^checkout: 2 releases of the log, 1 healthy and 1 faulty\.\n6 pretended ones .*seed 3\.$/m)
    expect(text).toMatch(/^. own, alpha 0\.05 +0 of 1 +0 % +100%\/\d+\/\d/m)
    expect(text).toContain('a version that wanders by itself is not in them')
    expect(text.split('\n').filter((line) => line.length > 160)).toEqual([])
  })

  it('has no way back in it, and a release that was undone counts as faulty', async () => {
    const heads = (await sandbox.world.history.list('checkout', 9)).items
    const undone = heads.find(({ releaseId }) => releaseId === ids[0])
    if (undone === undefined) throw new Error('the good release has no head')
    const wayBack = { ...undone, releaseId: 'checkout-back', requestedAtMs: undone.requestedAtMs + 60_000 }
    await sandbox.world.history.put({ ...wayBack, backFrom: undone.releaseId })
    await sandbox.world.history.put({ ...wayBack, releaseId: 'checkout-stopped', outcome: 'aborted' })
    const { releases, policies } = await said({ runs: 1 })
    expect(releases.healthy).toEqual([])
    expect(releases.faulty.toSorted()).toEqual(ids.toSorted())
    expect(releases.leftOut.map(({ because }) => because).toSorted()).toEqual([
      'it ended as aborted',
      `it is the way back from ${ids[0]}`,
    ])
    expect(policies[0]?.faultyReleases).toMatchObject({ of: 2, found: 1 })
  })

  it('is refused when there is none, or nothing to judge', async () => {
    await sandbox.world.services.put(service({ name: 'new' }))
    await sandbox.world.services.put(service({ name: 'bold', plan: 'AllAtOnce' }))
    const deps = {
      screen: screenOn(() => undefined, true),
      backend: sandbox.world,
      metrics: () => Promise.reject(new Error()),
    }
    const options = { policies: [], limit: 50, runs: 5, seed: 1, last: undefined }
    await expectProblem('backtest_empty', backtest(deps, 'new', options), /new has no release in its log/)
    await expectProblem('call_invalid', backtest(deps, 'bold', options), /no step that could be judged/)
    await expectProblem('service_missing', backtest(deps, 'nobody', options))
    await expectProblem('call_invalid', backtest(deps, 'new', { ...options, runs: 1e6 }), /more than 10000/)
  })
})

describe('a pretended release', () => {
  const stretch = (length: number) => Array.from({ length }, (_, minute) => ({ all: 1000 + minute, bad: 10 }))

  it('has every request of its minutes, once, and a fault spoils good ones of the candidate only', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.constantFrom(0, 0.01, 0.5, 1),
        fc.integer({ min: 1, max: 10_000 }),
        (seed, added, bp) => {
          const window = stretch(20)
          const { minutes, spoiled } = pretend(
            window,
            window.map(() => bp),
            seed,
            added,
          )
          minutes.forEach((one, minute) => {
            const more = spoiled[minute] ?? 0
            expect(one.stableInvocations + one.candidateInvocations).toBe(window[minute]?.all)
            expect(one.stableBad + one.candidateBad - more).toBe(window[minute]?.bad)
            expect(one.candidateBad).toBeLessThanOrEqual(one.candidateInvocations)
            if (added === 0) expect(more).toBe(0)
            if (added === 1) expect(one.candidateBad).toBe(one.candidateInvocations)
          })
        },
      ),
    )
  })

  it('is split at the weights of the plan, and has all requests after it', () => {
    const { minutes } = pretend(
      stretch(400),
      Array.from({ length: 300 }, (_, at) => (at < 150 ? 1000 : 5000)),
      1,
      0,
    )
    const share = (from: number, to: number): number => {
      const part = minutes.slice(from, to)
      return (
        part.reduce((sum, one) => sum + one.candidateInvocations, 0) /
        part.reduce((sum, one) => sum + one.stableInvocations + one.candidateInvocations, 0)
      )
    }
    expect(share(300, 400)).toBe(1)
    expect(share(0, 150)).toBeCloseTo(0.1, 2)
    expect(share(150, 300)).toBeCloseTo(0.5, 2)
  })

  it('is made of stretches that are long enough, each in its turn', () => {
    const lengths = (stretches: readonly number[], length: number): number[] =>
      windowsOf(stretches.map(stretch), length).map((one) => one.length)
    expect(lengths([65, 20, 14, 9, 0], 30)).toEqual([30, 30, 20])
    expect(lengths([5, 4], 5)).toEqual([5])
    expect(windowsOf([Array.from({ length: 30 }, () => ({ all: 0, bad: 0 }))], 30)).toEqual([])
    const windows = [stretch(1), stretch(2), stretch(3)]
    expect([0, 1, 2, 3].map((run) => windowOfRun(windows, run, 4).length)).toEqual([1, 2, 3, 1])
    expect([0, 1].map((run) => windowOfRun(windows, run, 2).length)).toEqual([1, 2])
  })
})

describe('the frontier', () => {
  const measured = (name: string, rolledBack: number, delay: number): Measured => ({
    policy: { name, service: service() },
    healthy: { log: { of: 10, rolledBack: 0 }, pretended: { of: 100, rolledBack } },
    faulty: {
      log: findingOf([], []),
      pretended: [{ added: 0.01, ...findingOf([delay, delay], [delay * 2, delay * 2]) }],
    },
  })

  it('leaves out a policy that another one is as good as in everything, and better in something', () => {
    const all = [measured('quick', 5, 3), measured('calm', 1, 9), measured('worse', 5, 4), measured('twin', 1, 9)]
    expect(all.map((one) => beatenBy(one, all)?.name)).toEqual([undefined, undefined, 'quick', undefined])
    expect(beatenBy(measured('blind', 0, Infinity), all)).toBeUndefined()
    expect(beatenBy(measured('blind', 2, Infinity), all)?.name).toBe('calm')
  })

  it('is told by each cost alone', () => {
    const base = measured('base', 5, 3)
    const faulty = (delays: readonly number[], bad: readonly number[]): Measured => ({
      ...base,
      faulty: { ...base.faulty, log: findingOf(delays, bad) },
    })
    const all = [faulty([3, 3, 3], [1, 1, 1]), faulty([3, 3, Infinity], [1, 1, 1]), faulty([3, 3, 3], [1, 1, 2])]
    expect(all.map((one) => beatenBy(one, all) === undefined)).toEqual([true, false, false])
  })

  it('counts a fault that was missed as never found', () => {
    expect(findingOf([4, Infinity, Infinity], [1, 2, 6])).toEqual({
      of: 3,
      found: 1,
      medianMinutes: Infinity,
      badServed: 3,
    })
    expect(findingOf([9, 2, 5], [0, 0, 0])).toMatchObject({ found: 3, medianMinutes: 5, badServed: 0 })
  })
})

describe('the releases of a log', () => {
  it('are sorted by how they ended; one of which a part went back alone is neither healthy nor faulty', async () => {
    const town = openTown()
    const targets = ['cart', 'pay'].map((name) => ({ function: name, alias: 'live' }))
    const defined = townService('shop', { targets, slos: [], policy: { whenBlamed: 'function' } })
    const at = (minutes: number): number => nowMs - (1000 - minutes) * 60_000
    const window = { startMs: at(0), endMs: at(0) }
    const signals = [{ signal: 'errors:pay', kind: 'fail' as const, because: 'it fails' }]
    const begun = (id: string, from: number) =>
      story(defined, { id, atMs: at(from) })
        .prepare(at(from))
        .shift(at(from))
    const part = begun('part', 0)
      .write({
        ...{ type: 'judged', atMs: at(1) },
        verdict: { kind: 'fail', quiet: false, because: 'pay fails', window, signals, blamed: ['pay'] },
      })
      .shift(at(2))
      .look(at(20), 'pass')
      .promote(at(20))
    const way = story({ ...defined, plan: { steps: [] } }, { id: 'way', atMs: at(100), key: 'back/part' })
    for (const one of [
      part,
      way.prepare(at(100)).promote(at(100)),
      begun('aborted', 200).write({
        ...{ type: 'returnOrdered', atMs: at(201), by: 'ann', reason: 'x', outcome: 'aborted' },
      }),
    ])
      await town.keep(one)
    const { past, left } = await pastReleases(town, 'shop', 10)
    expect(past).toEqual([])
    expect(left.toSorted((a, b) => a.release.localeCompare(b.release))).toEqual([
      { release: 'aborted', because: 'it is not over' },
      { release: 'part', because: 'a part of it was put back alone' },
      { release: 'way', because: 'it is the way back from part' },
    ])
  })
})
