// What a look reads, and what the log keeps of it: one call to CloudWatch, late points, and a log from which every verdict can be
// repeated.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { describe, expect, it } from 'vitest'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { memoryCloud } from '../memory/memory.ts'
import type { Release } from '../../core/release/release.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Point, SignalVerdict } from '../../core/verdict/evidence/evidence.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { judge } from '../../core/verdict/judge/judge.ts'
import { baselineOf } from '../../functions/steps/baseline.ts'
import { gather } from '../../functions/steps/evidence.ts'
import { judgeHandler } from '../../functions/tasks/judge.ts'
import { replayedRelease } from '../../cli/replay/evidence.ts'
import { minute, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { placedIn } from '../../core/service/target.ts'
import { canned, config } from '../contract/canned.ts'
import { after, definition, prepared, service, shifted, t0 } from '../core/sample.ts'
import { authorize } from '../scenarios/least-privilege.ts'

const baking = (changes: Record<string, unknown> = {}): Release => shifted(prepared(changes), t0)
const judgedWith = (release: Release, atMs: number, found: Awaited<ReturnType<typeof gather>>): Release => {
  const { verdict } = judge(release.service, found.evidence)
  const readings = found.readings === undefined ? {} : { readings: found.readings }
  return after(release, { type: 'judged', atMs, verdict: { ...verdict, ...readings } })
}

describe('a look', () => {
  it('at twenty signals of several targets is one call to CloudWatch', async () => {
    const targets = ['a', 'b', 'c', 'd'].map((name) => ({ function: name, alias: 'live' }))
    const custom = Array.from({ length: 16 }, (_, index) => ({
      name: `own-${index}`,
      namespace: 'Shop',
      metric: `Own${index}`,
      dimensions: { version: '{version}' },
      kind: index % 2 === 0 ? 'count' : 'mean',
    }))
    const release = baking({ targets, signals: { custom } })
    const [client, sent] = canned(new CloudWatchClient(config), [{}])
    const { prometheus } = memoryCloud({ clock: { nowMs: () => t0 } })
    const deps = { prometheus, telemetry: awsTelemetry(() => client) }
    const { evidence } = await gather(deps, release, t0 + 30 * minute)
    expect(sent.map(({ command }) => command)).toEqual(['GetMetricDataCommand'])
    expect(evidence.targets).toHaveLength(4)
    // CloudWatch returned nothing: that is not silence of the service.
    expect(judge(release.service, evidence).verdict).toMatchObject({ kind: 'unknown', quiet: false })
  })

  it('reads the last minutes again, keeps late points, and logs only what is new', async () => {
    const cloud = memoryCloud({ clock: { nowMs: () => t0 } })
    const shown = new Map<string, Point[]>()
    cloud.inspect.answerReadings(({ metric, dimensions }) => {
      const points = shown.get(`${metric} ${dimensions['ExecutedVersion'] ?? ''}`)
      return points === undefined ? undefined : { kind: 'points', points }
    })
    const series = (values: readonly number[]): Point[] =>
      values.map((value, at) => ({ minuteMs: t0 + at * minute, value })).filter((one) => one.value > 0)
    const show = (errors: readonly number[]): void => {
      const even = (count: number) => series(errors.map(() => count))
      shown.set('Invocations 1', even(900)).set('Invocations 2', even(100)).set('Errors 2', series(errors))
    }
    let release = baking({ signals: { latency: 'off', cost: 'off', throttles: 'off' } })
    show([1, 2, 0])
    const first = await gather(cloud, release, t0 + 4 * minute)
    expect(first.readings?.points['0.c.errors']).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect(first.readings?.queries?.['0.c.errors']).toBe(
      'Sum of AWS/Lambda Errors {FunctionName=checkout, Resource=checkout:live, ExecutedVersion=2}',
    )
    release = judgedWith(release, t0 + 4 * minute, first)
    // An invocation of minute 1 ends late with an error; minute 3 is new.
    show([1, 5, 0, 1])
    const second = await gather(cloud, release, t0 + 5 * minute)
    expect(second.readings?.points['0.c.errors']).toEqual([
      [1, 5],
      [3, 1],
    ])
    expect(second.readings?.points['0.c.invocations']).toEqual([[3, 100]])
    expect(second.readings?.queries).toBeUndefined()
    release = judgedWith(release, t0 + 5 * minute, second)
    // Much later, CloudWatch shows only what is queried: the log has the rest.
    show([9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const third = await gather(
      cloud,
      judgedWith(release, t0 + 21 * minute, await gather(cloud, release, t0 + 21 * minute)),
      t0 + 22 * minute,
    )
    const errors = third.evidence.readings.get('0.c.errors')
    expect(errors?.kind === 'points' ? errors.points.map((one) => one.value) : []).toEqual([9, 9, 9, 9])
  })

  it('asks again for what it could not read', async () => {
    const cloud = memoryCloud({ clock: { nowMs: () => t0 } })
    let isDown = true
    const asked: number[] = []
    cloud.inspect.answerReadings((_, window) => {
      asked.push((window.startMs - t0) / minute)
      return isDown ? { kind: 'unread', because: 'PartialData' } : undefined
    })
    let release = baking()
    const first = await gather(cloud, release, t0 + 20 * minute)
    expect(first.readings?.complete).toBe(false)
    release = judgedWith(release, t0 + 20 * minute, first)
    expect(release.verdict?.kind).toBe('unknown')
    isDown = false
    asked.length = 0
    expect((await gather(cloud, release, t0 + 30 * minute)).readings?.complete).toBe(true)
    expect(new Set(asked)).toEqual(new Set([0]))
  })
})

/** A replay does not know of a shift that came after the window and before the look, so what a pass rules out is left aside. */
function evidenceIn({ signal, numbers }: SignalVerdict): readonly unknown[] {
  const { dispersion: _, ruledOutPoints: __, ruledOutTimes: ___, ...evidence } = numbers ?? {}
  return [signal, evidence]
}

describe('the log of a release', () => {
  it('has everything that a verdict was made of: on replay, a warm function and a new one repeat each verdict', async () => {
    const sandbox = await openSandbox({ authorize, perMinute: 120 })
    try {
      await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: { errors: {}, latency: {} } }))
      const warm = judgeHandler(sandbox.world)
      const id = await sandbox.start({ version: await sandbox.publish('v2') })
      for (let look = 0; look < 6; look++) {
        await sandbox.minutes(1)
        await warm({ releaseId: id, execution: 'by hand' })
        await judgeHandler({ ...sandbox.world, journal: { ...sandbox.world.journal } })({
          releaseId: id,
          execution: 'by hand',
        })
      }
      const release = await sandbox.finish(id)
      const judged = (await sandbox.events(id)).flatMap((event) => (event.type === 'judged' ? [event.verdict] : []))
      const { service: policy, recorded } = replayedRelease(release, undefined)
      const again = replayVerdicts(policy, recorded)
      const looked = judged.filter((verdict) => verdict.window.endMs > verdict.window.startMs)
      expect(looked.length).toBeGreaterThan(10)
      for (const { window, signals } of looked) {
        const verdict = again[(window.endMs - window.startMs) / minute - 1]
        expect(verdict?.signals.map(evidenceIn)).toEqual(signals.map(evidenceIn))
      }
    } finally {
      sandbox.close()
    }
  })
})

describe('the baseline', () => {
  const watched = service()
  const target = placedIn(watched, { functionName: 'checkout', alias: 'live' })
  const state = (version: string, timeoutSeconds: number) =>
    ({
      version,
      state: 'active',
      role: 'r',
      codeSha256: 'c',
      billing: { memoryMb: 512, architecture: 'arm64' },
      timeoutSeconds,
    }) as const
  const versions = { stable: state('1', 3), candidate: state('2', 30) }
  /** @param slower the share of stable's invocations that are slower than a duration */
  const at = (points: Record<string, number> | 'refused', resource = true, slower?: (ms: number) => number) => {
    const cloud = memoryCloud({ clock: { nowMs: () => t0 } })
    const queries: string[] = []
    cloud.inspect.answerReadings(({ stat, dimensions }, { startMs, endMs, periodSeconds }) => {
      queries.push(`${stat} ${'ExecutedVersion' in dimensions ? 'version' : 'alias'} ${periodSeconds}`)
      const isThere = 'ExecutedVersion' in dimensions === resource
      const cut = /^TC\(:([0-9.]+)\)$/.exec(stat)?.[1]
      if (cut !== undefined && points === 'refused') return { kind: 'unread', because: 'no such statistic' }
      if (cut !== undefined || stat === 'SampleCount') {
        if (slower === undefined || !isThere) return undefined
        const all = periodSeconds === 60 ? 1000 : 180_000
        const value = cut === undefined ? all : Math.round(all * (1 - slower(Number(cut))))
        const times = Array.from({ length: (endMs - startMs) / (periodSeconds * 1000) }, (_, index) => index)
        return {
          kind: 'points',
          points: times.map((index) => ({ minuteMs: startMs + index * periodSeconds * 1000, value })),
        }
      }
      const value = points === 'refused' || !isThere ? undefined : points[stat]
      return value === undefined ? undefined : { kind: 'points', points: [{ minuteMs: startMs, value }] }
    })
    return { ...cloud, clock: { nowMs: () => t0 }, queries }
  }
  const usual = { p50: 20.00049, p90: 55, p99: 240, 'p99.9': 500 }
  const pareto = (ms: number): number => Math.min(1, (ms / 10) ** -1.6)

  it('is the p50, p90, p99.9 and three times the p99 of stable before the release, the sizes, and the longer timeout', async () => {
    expect(await baselineOf(at(usual), watched, target, versions)).toEqual({
      thresholdsMs: [20.001, 55, 500, 720],
      billing: { stable: versions.stable.billing, candidate: versions.candidate.billing },
      timeoutSeconds: 30,
    })
  })

  it('has no cut beyond the timeout of either version, where nothing would ever be slower', async () => {
    const hanging = { ...usual, p99: 2000, 'p99.9': 2990 }
    const { thresholdsMs } = await baselineOf(at(hanging, true, pareto), watched, target, versions)
    expect(thresholdsMs).toEqual([20.001, 55, 2850])
  })

  it("has stable's slow invocations by minute, and how steep the distribution is at each cut", async () => {
    const world = at(usual, true, pareto)
    const { durations } = await baselineOf(world, watched, target, versions)
    expect(durations?.invocations).toEqual(new Array(180).fill(1000))
    expect(durations?.cuts.map(({ quantile }) => quantile)).toEqual(['p50', 'p90', 'p99.9', '3 x p99'])
    const [first, second, third] = durations?.cuts ?? []
    expect(first?.past[0]).toBe(Math.round(1000 * pareto(20.001)))
    expect(first?.share).toBeCloseTo(pareto(20.001), 2)
    // The slope of a Pareto tail is its exponent over the share that is faster.
    expect(second?.slope).toBeCloseTo(1.6 / (1 - pareto(55)), 1)
    expect(third?.slope).toBeCloseTo(1.6, 1)
  })

  it('asks for at most five statistics of a metric where it can, because CloudWatch bills five as one', async () => {
    const { queries, ...world } = at(usual, true, pareto)
    await baselineOf(world, watched, target, versions)
    const asked = [...Map.groupBy(queries, (one) => one.split(' ').slice(1).join(' '))]
    expect(asked.map(([of, all]) => [of, all.length])).toEqual([
      ['version 10800', 5 + 9],
      ['alias 10800', 4],
      ['version 60', 5],
    ])
  })

  it('is that of the whole alias if its version has no series of its own', async () => {
    const { thresholdsMs, durations } = await baselineOf(at(usual, false, pareto), watched, target, versions)
    expect(thresholdsMs).toEqual([20.001, 55, 500, 720])
    expect(durations?.invocations).toHaveLength(180)
  })

  it("is the service's own threshold if it has one", async () => {
    const own = parseDefinition({ ...definition, signals: { latency: { thresholdMs: 250 } } })
    expect((await baselineOf(at({}), own, target, versions)).thresholdsMs).toEqual([250])
    const known = await baselineOf(at({}, false, pareto), own, target, versions)
    expect(known.thresholdsMs).toEqual([250])
    expect(known.durations?.cuts[0]?.share).toBeCloseTo(pareto(250), 2)
    expect(known.durations?.cuts[0]).not.toHaveProperty('quantile')
  })

  it('says why there is no threshold: no traffic yet, a statistic that CloudWatch refuses, or off', async () => {
    const because = async (world: ReturnType<typeof at>, own = watched) =>
      (await baselineOf(world, own, target, versions)).because
    expect(await because(at({}))).toContain('no invocation in 3 hours')
    expect(await because(at('refused'))).toContain('refuses to count')
    expect(await because(at(usual), parseDefinition({ ...definition, signals: { latency: 'off' } }))).toBe('it is off')
  })
})
