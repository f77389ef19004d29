// A tile for each signal: the candidate against stable, how sure that is, how far it is from putting the release back and from
// letting it go on, and how it came there look by look.
import { own } from '../../own.ts'
import type { Release } from '../../release/release.ts'
import { signalName, type Watch, watches } from '../../service/signals.ts'
import { guardsIn } from '../../verdict/evidence/guard-questions.ts'
import type { SignalVerdict, Verdict } from '../../verdict/evidence/evidence.ts'
import { digits } from './moment.ts'

export type Look = { readonly atMs: number; readonly verdict: Verdict }

/** Shares of requests from 0 to 1, or means. `low` and `high`: where the candidate's may be, by the interval of the ratio. */
export type TilePoint = {
  readonly atMs: number
  readonly candidate?: number
  readonly stable?: number
  readonly low?: number
  readonly high?: number
}

export type SignalTile = {
  readonly signal: string
  readonly kind: SignalVerdict['kind']
  readonly advisory: boolean
  readonly because: string
  /** Such as `0.52 % of 1204`; absent where there are no numbers. */
  readonly candidate?: string
  readonly stable?: string
  /** How many times stable's value, with its interval, such as `3.1 times (1.9 to 5.2)`. */
  readonly times?: string
  /** Such as `tolerated: no more than 1.2 times stable's`. */
  readonly tolerance?: string
  /** How much of the evidence that puts the release back is there: 0 to 1. */
  readonly toRollBack?: { readonly share: number; readonly words: string }
  /** Samples at the present weight against those that a pass needs. */
  readonly toPass?: { readonly share: number; readonly words: string }
  /** What is missing for a pass. */
  readonly missing?: string
  readonly points: readonly TilePoint[]
}

const order = { fail: 0, unknown: 1, pass: 2, excluded: 3 } as const

/** @param looks up to the one that is shown, oldest first */
export function tilesOf({ service }: Pick<Release, 'service'>, looks: readonly Look[]): readonly SignalTile[] {
  const shown = looks.at(-1)
  if (shown === undefined) return []
  const all = watches(service.signals)
  const guards = new Set(guardsIn(service, service.targets).map(({ guard }) => guard.name))
  const past = new Map<string, TilePoint[]>()
  for (const look of thinned(looks))
    for (const { signal, numbers } of look.verdict.signals) {
      if (numbers === undefined) continue
      const points = past.get(signal) ?? []
      points.push(pointOf(look.atMs, numbers))
      past.set(signal, points)
    }
  return shown.verdict.signals
    .map((one) => tileOf(one, all.get(signalName(one.signal)), past.get(one.signal) ?? [], guards.has(one.signal)))
    .toSorted((a, b) => Number(a.advisory) - Number(b.advisory) || order[a.kind] - order[b.kind])
}

const pointsMost = 60

/** So many looks that a picture can show them; the last one always. */
function thinned(looks: readonly Look[]): readonly Look[] {
  const every = Math.ceil(looks.length / pointsMost)
  return looks.filter((_, index) => (looks.length - 1 - index) % every === 0)
}

type Numbers = NonNullable<SignalVerdict['numbers']>
const share = (bad: number | undefined, all: number | undefined): number | undefined =>
  bad === undefined || all === undefined || all <= 0 ? undefined : bad / all

function pointOf(atMs: number, numbers: Numbers): TilePoint {
  const of = (name: string): number | undefined => own(numbers, name)
  const mean = (arm: 'candidate' | 'stable'): number | undefined =>
    of(`${arm}Samples`) === 0 ? undefined : of(`${arm}Mean`)
  const candidate = mean('candidate') ?? share(of('candidateBad'), of('candidateInvocations'))
  const stable = mean('stable') ?? share(of('stableBad'), of('stableInvocations'))
  const [low, high] = [of('ratioLow'), of('ratioHigh')]
  return {
    atMs,
    ...(candidate === undefined ? {} : { candidate }),
    ...(stable === undefined ? {} : { stable }),
    ...(stable === undefined || low === undefined ? {} : { low: stable * low }),
    ...(stable === undefined || high === undefined ? {} : { high: stable * high }),
  }
}

function tileOf(
  { signal, kind, because, advisory, numbers }: SignalVerdict,
  watch: Watch | undefined,
  points: readonly TilePoint[],
  isGuard: boolean,
): SignalTile {
  const words = because.startsWith(`${signal}: `) ? because.slice(signal.length + 2) : because
  return {
    signal,
    kind,
    advisory: advisory === true,
    because: words,
    ...(numbers === undefined ? {} : comparedOf(numbers)),
    // A guard of a consumer has a limit, and nothing to compare.
    ...(watch === undefined || isGuard ? {} : { tolerance: toleranceWords(watch) }),
    ...(numbers === undefined || kind === 'excluded' ? {} : rollBackOf(numbers)),
    ...(numbers === undefined ? {} : passOf(kind, words)),
    ...(kind === 'unknown' ? { missing: words } : {}),
    points,
  }
}

/** Of a signal that is worse when it is lower, the candidate may have so much less. */
function toleranceWords(watch: Watch): string {
  const isLower = 'worse' in watch && watch.worse === 'lower'
  const value = watch.tolerance === 1 ? "stable's" : `${digits(watch.tolerance)} times stable's`
  return `tolerated: no ${isLower ? 'less' : 'more'} than ${value}`
}

const percent = (part: number): string => `${(part * 100).toFixed(2)} %`

function comparedOf(numbers: Numbers): Pick<SignalTile, 'candidate' | 'stable' | 'times'> {
  const of = (name: string): number | undefined => own(numbers, name)
  const side = (arm: 'candidate' | 'stable'): string => {
    const mean = of(`${arm}Mean`)
    const samples = of(`${arm}Samples`)
    if (mean !== undefined && samples !== undefined)
      return samples === 0 ? 'nothing yet' : `${digits(mean)} on average of ${samples}`
    const all = of(`${arm}Invocations`)
    const bad = share(of(`${arm}Bad`), all)
    return bad === undefined ? 'nothing yet' : `${percent(bad)} of ${all ?? 0}`
  }
  return { candidate: side('candidate'), stable: side('stable'), ...timesOf(of) }
}

// With fewer bad events a ratio says nothing (core/verdict/judge/explain.ts). From so many times on, the number does not matter.
const eventsFewest = 10
const manyTimes = 1000

function timesOf(of: (name: string) => number | undefined): Pick<SignalTile, 'times'> {
  const [ratio, low, high] = [of('ratio'), of('ratioLow'), of('ratioHigh')]
  if (ratio === undefined) return {}
  const [candidateBad, stableBad] = [of('candidateBad'), of('stableBad')]
  if (candidateBad === undefined || stableBad === undefined) return { times: `${digits(ratio)} times stable` }
  if (candidateBad + stableBad < eventsFewest) return { times: 'too few events to compare' }
  if (stableBad === 0) return { times: `at least ${digits(low ?? 0)} times stable` }
  const most = high === undefined || high >= manyTimes ? 'or more' : `to ${digits(high)}`
  return { times: `${digits(ratio)} times stable (${digits(low ?? 0)} ${most})` }
}

const odds = (logE: number): string =>
  logE > Math.log(1e6) ? 'over a million to 1' : `${digits(Math.exp(Math.max(logE, -7)))} to 1`

function rollBackOf(numbers: Numbers): Pick<SignalTile, 'toRollBack'> {
  const [logE, limit] = [own(numbers, 'logE'), own(numbers, 'rollBackAtLogE')]
  if (logE === undefined || limit === undefined || limit <= 0) return {}
  const part = Math.max(0, Math.min(1, logE / limit))
  return { toRollBack: { share: part, words: `${odds(logE)} against it; ${odds(limit)} puts it back` } }
}

/** How many of the samples are there that a pass needs; where something else is missing, the words say what. */
function passOf(kind: SignalTile['kind'], words: string): Pick<SignalTile, 'toPass'> {
  if (kind === 'pass') return { toPass: { share: 1, words: 'the evidence is enough' } }
  const [, samples, minimum] = /^(\d+) of (\d+) samples\b/.exec(words) ?? []
  if (kind !== 'unknown' || samples === undefined || minimum === undefined) return {}
  return {
    toPass: {
      share: Math.min(1, Number(samples) / Number(minimum)),
      words: `${samples} of ${minimum} samples at this weight`,
    },
  }
}
