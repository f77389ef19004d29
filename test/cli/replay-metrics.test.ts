// replay --from-cloudwatch: finds the versions and the time, reads them within CloudWatch's limits, and says what it costs. On
// the embedded cloud, and on a telemetry that counts.
import { beforeEach, describe, expect, it } from 'vitest'
import { metricsBackendOnAws } from '../../cli/backend/metrics-backend.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { lastMinutes, readPoints } from '../../cli/replay/metrics.ts'
import { stretchesBetween } from '../../cli/replay/backtest/stretches.ts'
import { replayMetrics } from '../../cli/replay/replay.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import type { Telemetry } from '../../cloud/ports.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { expectProblem } from '../contract/samples.ts'

const minute = 60_000
const day = 1440 * minute
let lines: string[] = []
beforeEach(() => {
  lines = []
})
const screen = (json: boolean) => screenOn((line) => lines.push(line), json)
const plain = { series: new Map(), zeroWhenMissing: false }

async function release(sandbox: Sandbox): Promise<void> {
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
}

describe('replay --from-cloudwatch on the embedded cloud', () => {
  it('finds the two versions, reads the minutes that they shared, and judges them', async () => {
    const sandbox = await openSandbox({ perMinute: 200 })
    try {
      await release(sandbox)
      const metrics = { ...metricsBackendOnAws({}, sandbox.clients.place), aheadMs: 0 }
      const asked = { services: [], method: 'ours', from: 'checkout:live', last: '7d', reading: plain }
      expect(await replayMetrics(screen(true), sandbox.world, metrics, asked)).toBe(0)
      const said = JSON.parse(lines.join('')) as { minutes: { verdict: string; time: string }[]; notes: string[] }
      expect(said.notes[0]).toBe('Of checkout:live: stable is version 1, the candidate version 2.')
      expect(said.minutes.length).toBeGreaterThanOrEqual(10)
      expect(said.minutes[0]?.time).toMatch(/^2026-01-01T00:1\dZ$/)
      expect(said.minutes.map(({ verdict }) => verdict)).not.toContain('fail')
      expect(said.minutes.at(-1)?.verdict).toBe('pass')
      // The same, named; and what is not there.
      const named = { ...asked, reading: { ...plain, stable: '1', candidate: '2' } }
      lines = []
      await replayMetrics(screen(true), sandbox.world, metrics, named)
      expect(JSON.parse(lines.join(''))).toMatchObject({ minutes: said.minutes })
      const other = { ...asked, reading: { ...plain, stable: '1', candidate: '9' } }
      await expectProblem(
        'replay_empty',
        replayMetrics(screen(true), sandbox.world, metrics, other),
        /Version 9 had no/,
      )
      const wrong: [object, 'call_invalid' | 'alias_missing', RegExp][] = [
        [{ from: 'checkout' }, 'call_invalid', /is not FUNCTION:ALIAS/],
        [{ from: 'checkout:nope' }, 'alias_missing', /checkout:nope/],
        [{ last: '16d' }, 'call_invalid', /for 15 days, and --last 16d is longer/],
        [{ reading: { ...plain, stable: '1' } }, 'call_invalid', /both --stable and --candidate/],
        [
          { reading: { ...plain, stable: '1', candidate: '$LATEST' } },
          'call_invalid',
          /no published version|not a published/,
        ],
      ]
      for (const [change, code, words] of wrong)
        await expectProblem(code, replayMetrics(screen(true), sandbox.world, metrics, { ...asked, ...change }), words)
    } finally {
      sandbox.close()
    }
  })

  it('says when only one version had requests', async () => {
    const sandbox = await openSandbox({ perMinute: 100 })
    try {
      await expectProblem(
        'replay_empty',
        replayMetrics(
          screen(false),
          sandbox.world,
          { telemetry: sandbox.world.telemetry, aheadMs: 0 },
          {
            ...{ services: [], method: 'ours', from: 'checkout:live', last: '1h', reading: plain },
          },
        ),
        /No two versions shared checkout:live in the last 1h; versions with requests: 1\./,
      )
    } finally {
      sandbox.close()
    }
  })
})

describe('the two versions', () => {
  const nowMs = Date.UTC(2026, 2, 1)
  /** By version, the first and the last minute with requests, counted back from now. */
  const cloud = (spans: Readonly<Record<string, readonly [number, number]>>, aheadMs = 0) => {
    const read: Telemetry['read'] = (questions, { startMs, endMs, periodSeconds }) =>
      Promise.resolve(
        questions.map(({ dimensions, metric }) => {
          const [first, last] = spans[dimensions['ExecutedVersion'] ?? ''] ?? [0, 1]
          const points = []
          for (let atMs = startMs; atMs < endMs; atMs += periodSeconds * 1000)
            if (atMs + periodSeconds * 1000 > nowMs - first * minute && atMs <= nowMs - last * minute)
              points.push({ minuteMs: atMs, value: metric === 'Errors' ? 0 : 100 })
          return { kind: 'points', points }
        }),
      )
    const aliases = { read: () => Promise.resolve({ routing: { version: '42' }, revision: 'r' }) }
    const asked = { services: [], method: 'e2', from: 'checkout:live', last: '1d', reading: plain }
    return () =>
      replayMetrics(screen(false), { aliases, clock: { nowMs: () => nowMs } }, { telemetry: { read }, aheadMs }, asked)
  }

  it('are found too on an embedded cloud that is minutes ahead', async () => {
    expect(await cloud({ 42: [600, -40], 43: [-5, -30] }, day)()).toBe(0)
    expect(lines.join(' ')).toContain('2026-03-01T00:29Z')
  })

  it('are those that shared the alias, and not those that met in the minute of a promotion', async () => {
    await cloud({ 41: [600, 300], 42: [360, 120], 43: [300, 200] })().catch((error: unknown) => {
      lines.push((error as Error).message)
    })
    expect(lines).toEqual([
      '2 pairs of versions shared checkout:live in the last 1d: 41 and 42 from 2026-02-28T18:00Z, 42 and 43 from 2026-02-28T19:00Z.',
    ])
  })

  it('may be newer than the one that has the traffic: a release that was put back', async () => {
    expect(await cloud({ 42: [600, 10], 43: [200, 150] })()).toBe(0)
    expect(lines[0]).toBe('Of checkout:live: stable is version 42, the candidate version 43.')
    expect(lines.join(' ')).toContain('2026-02-28T20:40Z')
  })
})

describe('days between releases', () => {
  it('begin and end with requests, have no minute of a release, and none without a point of errors', async () => {
    const at = (atMs: number): number => atMs / minute
    const read: Telemetry['read'] = (questions, { startMs, endMs }) =>
      Promise.resolve(
        questions.map(({ metric }) => {
          const points = []
          for (let atMs = startMs; atMs < endMs; atMs += minute) {
            if (at(atMs) < 10 || at(atMs) > 200) continue
            if (metric === 'Invocations') points.push({ minuteMs: atMs, value: 50 })
            else if (at(atMs) !== 40) points.push({ minuteMs: atMs, value: 1 })
          }
          return { kind: 'points', points }
        }),
      )
    const { stretches, incomplete } = await stretchesBetween(
      { telemetry: { read } },
      [{ functionName: 'checkout', alias: 'live', service: 'checkout' }],
      { startMs: 0, endMs: 300 * minute },
      [{ fromMs: 100 * minute, toMs: 120 * minute }],
      () => undefined,
    )
    expect(stretches.map((one) => one.length)).toEqual([30, 44, 66])
    expect(incomplete).toBe(1)
    expect(stretches[0]?.[0]).toEqual({ all: 50, bad: 1 })
  })
})

describe('CloudWatch is read within its limits', () => {
  const questions = (count: number): readonly Question[] =>
    Array.from({ length: count }, (_, index) => ({
      key: `${index}`,
      namespace: 'N',
      metric: 'M',
      dimensions: {},
      stat: 'Sum',
    }))
  /** A telemetry that has one point at the start of whatever is asked. */
  function counting(kind: 'points' | 'unread' = 'points') {
    const calls: { queries: number; points: number; startMs: number }[] = []
    const read: Telemetry['read'] = (asked, { startMs, endMs, periodSeconds }) => {
      calls.push({ queries: asked.length, points: (asked.length * (endMs - startMs)) / 1000 / periodSeconds, startMs })
      return Promise.resolve(
        asked.map(() =>
          kind === 'points'
            ? { kind, points: [{ minuteMs: startMs, value: 1 }] }
            : { kind, because: 'it answered PartialData' },
        ),
      )
    }
    return { calls, telemetry: { read } }
  }

  it('with at most 100,800 points a call, and every point of every part', async () => {
    const { calls, telemetry } = counting()
    const told: string[] = []
    const asked = { startMs: 0, endMs: 15 * day, periodSeconds: 60 }
    const read = await readPoints({ telemetry }, questions(20), asked, (sentence) => told.push(sentence))
    expect(Math.max(...calls.map(({ points }) => points))).toBe(100_800)
    expect(calls.reduce((sum, { points }) => sum + points, 0)).toBe(20 * 15 * 1440)
    expect(read.map((points) => points.length)).toEqual(Array.from({ length: 20 }, () => calls.length))
    expect(told).toEqual([])
  })

  it('and says what it costs before it reads, if that is more than a few cents', async () => {
    const { calls, telemetry } = counting()
    const told: string[] = []
    const asked = { startMs: 0, endMs: 15 * day, periodSeconds: 60 }
    await readPoints({ telemetry }, questions(200), asked, (sentence) => told.push(`${calls.length}: ${sentence}`))
    // 200 series in parts of 504 minutes: 43 parts of 200 metrics, at a cent for a thousand.
    expect(told).toEqual(['0: Reading 200 series from CloudWatch in 43 parts costs about $0.09.'])
  })

  it('and half an answer is no answer', async () => {
    const { telemetry } = counting('unread')
    const asked = { startMs: 0, endMs: minute, periodSeconds: 60 }
    await expectProblem(
      'aws_unavailable',
      readPoints({ telemetry }, questions(1), asked, () => undefined),
      /PartialData/,
    )
  })

  it('no further back than points of a minute are kept', () => {
    const nowMs = 100 * day + 30_500
    const { startMs, endMs } = lastMinutes('15d', nowMs)
    expect(endMs).toBe(100 * day - 2 * minute)
    expect(nowMs - startMs).toBeLessThan(15 * day)
    expect(lastMinutes('1h', nowMs)).toEqual({ startMs: endMs - 60 * minute, endMs })
  })
})
