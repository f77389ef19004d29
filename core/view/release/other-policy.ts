// What another policy would have said at the same evidence, minute by minute.
import type { Release } from '../../release/release.ts'
import type { Service } from '../../service/service.ts'
import { replayVerdicts } from '../../verdict/judge/replayed-verdicts.ts'
import { recordedOf } from '../../verdict/judge/recorded.ts'
import { wholeFrom } from '../../verdict/evidence/window.ts'
import { minuteMs } from '../../time.ts'
import { digits } from './moment.ts'
import type { Look } from './signal-tiles.ts'

export const otherPolicies = ['stricter', 'looser'] as const
export type OtherPolicy = (typeof otherPolicies)[number]

type Kind = Look['verdict']['kind']

export type Compared = {
  readonly policy: OtherPolicy
  /** How it differs from the release's own. */
  readonly words: string
  /** What came of it, in one sentence. */
  readonly sentence: string
  /** Where either verdict changed: what was said, and what the other policy would have said. */
  readonly rows: readonly {
    readonly atMs: number
    readonly said: Kind
    readonly other: Kind
    readonly because: string
  }[]
  readonly leftOut: number
}

const alphaRange = [0.001, 0.2] as const
const toleranceRange = [0.01, 100] as const
const within = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(most, Math.max(least, value))

/** Stricter: half the tolerated excess, and half the evidence puts it back. Looser: twice of both. */
function othersOf(service: Service, policy: OtherPolicy): Service {
  const factor = policy === 'stricter' ? 0.5 : 2
  const eased = <W extends { readonly tolerance: number }>(watch: W): W => ({
    ...watch,
    tolerance: within(1 + (watch.tolerance - 1) * factor, toleranceRange),
  })
  const orOff = <W extends { readonly tolerance: number }>(watch: W | 'off'): W | 'off' =>
    watch === 'off' ? watch : eased(watch)
  const { signals } = service
  return {
    ...service,
    policy: { ...service.policy, alpha: within(service.policy.alpha / factor, alphaRange) },
    signals: {
      ...signals,
      alarms: [],
      errors: orOff(signals.errors),
      latency: orOff(signals.latency),
      throttles: orOff(signals.throttles),
      cost: orOff(signals.cost),
      coldStarts: orOff(signals.coldStarts),
      memory: orOff(signals.memory),
      custom: signals.custom.map(eased),
      prometheus: signals.prometheus?.map(eased),
    },
  }
}

const rowsMost = 40

/** @param looks all of the release, oldest first */
export function comparedWith(release: Release, looks: readonly Look[], policy: OtherPolicy): Compared {
  const other = othersOf(release.service, policy)
  const verdicts = replayVerdicts(other, recordedOf(release))
  const startMs = wholeFrom(release.shifts[0]?.sinceMs ?? 0)
  const pairs = looks.map(({ atMs, verdict }) => {
    const found = verdicts[Math.round((verdict.window.endMs - startMs) / minuteMs) - 1]
    const kind = found?.kind ?? 'unknown'
    return { atMs, said: verdict.kind, other: kind, because: found?.because ?? 'no whole minute had been read' }
  })
  const changes = pairs.filter(
    (pair, index) => pair.said !== pairs[index - 1]?.said || pair.other !== pairs[index - 1]?.other,
  )
  return {
    policy,
    words: `${policy === 'stricter' ? 'half' : 'twice'} the tolerated excess, and alpha ${digits(other.policy.alpha)} instead of ${digits(release.service.policy.alpha)}`,
    sentence: sentenceOf(pairs, policy),
    rows: changes.slice(0, rowsMost),
    leftOut: Math.max(0, changes.length - rowsMost),
  }
}

type Pair = { readonly atMs: number; readonly said: Kind; readonly other: Kind }

function sentenceOf(pairs: readonly Pair[], policy: OtherPolicy): string {
  if (pairs.length === 0) return 'Nobody has looked yet, so there is nothing to compare.'
  const said = pairs.findIndex((pair) => pair.said === 'fail')
  const other = pairs.findIndex((pair) => pair.other === 'fail')
  const it = policy === 'stricter' ? 'The stricter policy' : 'The looser policy'
  if (other === -1)
    return said === -1
      ? `${it} would not have put it back by the evidence either.`
      : `${it} would not have put it back by the evidence that was read.`
  if (said === -1) return `${it} would have put it back at look ${other + 1}; its own policy did not.`
  if (said === other) return `${it} would have put it back at the same look, ${other + 1}.`
  return `${it} would have put it back at look ${other + 1} instead of look ${said + 1}.`
}
