// A release of many functions on synthetic traffic, in waves or all at once: the engine's own judge and transitions, a look each
// minute, and the data of a minute two minutes after it began. Each function has noise of its own.
import { parseDefinition } from '../../core/service/definition.ts'
import { advance, begin } from '../../core/release/advance.ts'
import type { NewEvent } from '../../core/release/event.ts'
import { wayForward } from '../../core/release/move.ts'
import { putBackAlone, type Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { shareBp } from '../../core/service/routing.ts'
import { minuteMs } from '../../core/time.ts'
import type { Reading, Verdict } from '../../core/verdict/evidence/evidence.ts'
import { judgedTargets } from '../../core/verdict/evidence/logged.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import { type Carry, judgeOf } from '../../core/verdict/judge/judge.ts'
import { numbered } from '../../functions/steps/log.ts'
import { points, replayStartMs, type WeightedMinute } from '../rivals/recorded.ts'
import { minuteByMinute, type Situation } from '../trials/noise.ts'
import { faultAt } from '../trials/fault.ts'

/** The traffic of one function. A fault begins with its first traffic. */
export type Place = Pick<Situation, 'name' | 'perMinute' | 'rate' | 'noise' | 'fault'>

export type Rollout = {
  readonly end: 'promoted' | 'verdict' | 'policy'
  readonly because: string
  readonly blamed: readonly string[]
  /** Who the reason says is most likely the one, where nothing is certain. */
  readonly likely: string | undefined
  /** Those that were put back alone (`policy.whenBlamed`). */
  readonly back: readonly string[]
  readonly minutes: number
  /** Requests that failed because of faults. */
  readonly bad: number
}

/** @param waves how many functions each wave has; none: all at once */
export function serviceOf(places: readonly Place[], waves: readonly number[], changes: object = {}): Service {
  const names = places.map(({ name }) => name)
  const groups = waves.map((size, index) => {
    const from = waves.slice(0, index).reduce((sum, one) => sum + one, 0)
    return { name: `wave-${index + 1}`, targets: names.slice(from, from + size) }
  })
  return parseDefinition({
    name: 'rollout',
    targets: names.map((name) => ({ function: name, alias: 'live' })),
    plan: {
      steps: [
        { weight: 10, bake: '10m' },
        { weight: 50, bake: '10m' },
      ],
    },
    signals: { latency: 'off', throttles: 'off', cost: 'off' },
    ...(waves.length === 0 ? {} : { waves: groups }),
    ...changes,
  })
}

/** Until then a release has come to its end. */
const minutesMost = 24 * 60

export function runRollout(service: Service, places: readonly Place[], seed: number): Rollout {
  const next = places.map((place) => minuteByMinute({ ...place, minutes: 60 }, seed))
  const seen: WeightedMinute[][] = places.map(() => [])
  const looks = looksAt()
  let release = prepared(service, places)
  let bad = 0
  for (let minute = 0; minute < minutesMost; minute++) {
    const atMs = replayStartMs + minute * minuteMs
    if (minute > 1) {
      const verdict = looks(
        release,
        seen.map((one) => one.slice(0, -1)),
        atMs,
      )
      release = after(release, { type: 'judged', atMs, verdict })
    }
    release = shifted(release, atMs)
    const { state, ending, verdict } = release
    if (state.phase !== 'baking') {
      const end = ending?.outcome === 'promoted' ? 'promoted' : ending?.by === 'verdict' ? 'verdict' : 'policy'
      const { because = '' } = ending ?? {}
      const { blamed = [] } = verdict ?? {}
      const likely = /most likely (\S+) \(/.exec(because)?.[1]
      return { end, because, blamed, likely, back: putBackAlone(release), minutes: minute, bad }
    }
    for (const [index, { routing, candidate }] of release.targets.entries()) {
      const { perMinute = 0, fault } = places[index] ?? {}
      const one = next[index]?.(minute, shareBp(routing, candidate), perMinute)
      if (one === undefined) continue
      seen[index]?.push(one)
      bad += one.candidateInvocations * faultAt(fault, minute)
    }
  }
  throw new Error(`seed ${seed}: it has not come to an end: ${release.verdict?.because ?? ''}`)
}

const after = (release: Release, event: NewEvent): Release => advance(release, numbered(event, release.seq + 1))

function prepared(service: Service, places: readonly Place[]): Release {
  const atMs = replayStartMs
  const versions = Object.fromEntries(places.map(({ name }) => [name, '2']))
  const requested = numbered(
    {
      ...{ type: 'requested', atMs, releaseId: 'rollout-1', key: 'version/rollout:2', service },
      ...{ candidate: { kind: 'versions', versions }, provenance: { source: 'api' } },
    },
    1,
  )
  if (requested.type !== 'requested') throw new Error('unreachable')
  const targets = places.map(({ name }) => ({
    ...{ functionName: name, alias: 'live', stable: '1', candidate: '2', revision: 'r', codeSha256: 'x' },
    baseline: { thresholdsMs: [] },
  }))
  const admitted = after(begin(requested), { type: 'admitted', atMs })
  return after(admitted, { type: 'prepared', atMs, targets, alarms: [] })
}

function shifted(before: Release, atMs: number): Release {
  if (before.state.phase !== 'shifting') return before
  const move = wayForward(before, before.state.step)
  const revisions = Object.fromEntries(move.targets.map(({ functionName }) => [functionName, 'r']))
  return after(after(before, { type: 'moveIntended', atMs, move }), {
    ...{ type: 'moved', atMs, purpose: move.purpose, revisions },
  })
}

function looksAt(): (release: Release, seen: readonly (readonly WeightedMinute[])[], atMs: number) => Verdict {
  let judged: ReturnType<typeof judgeOf> | undefined
  let carry: Carry | undefined
  return (release, seen, atMs) => {
    const targets = judgedTargets(release)
    judged ??= judgeOf(release.service, targets)
    const fromMs = carry?.uptoMs ?? replayStartMs
    const readings = new Map<string, Reading>()
    for (const [target, minutes] of seen.entries()) {
      const fresh = minutes.slice((fromMs - replayStartMs) / minuteMs)
      for (const arm of ['stable', 'candidate'] as const) {
        readings.set(
          seriesKey(target, arm, 'invocations'),
          points(
            fresh.map((one) => one[`${arm}Invocations`]),
            fromMs,
          ),
        )
        readings.set(
          seriesKey(target, arm, 'errors'),
          points(
            fresh.map((one) => one[`${arm}Bad`]),
            fromMs,
          ),
        )
      }
    }
    const { shifts } = release
    const found = judged({ atMs, shifts, alarms: [], excludedAlarms: [], targets, readings, isRecorded: true }, carry)
    carry = found.carry
    return found.verdict
  }
}
