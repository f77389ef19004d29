// `replay --from-cloudwatch FUNCTION:ALIAS`: finds the versions that had requests through the alias, and the time in which two of
// them shared it, and reads the minutes of that time.
import type { Aliases } from '../../cloud/ports.ts'
import { Problem } from '../../core/problem.ts'
import { FunctionName } from '../../core/location.ts'
import { Version } from '../../core/service/routing.ts'
import { hourMs, minuteMs } from '../../core/time.ts'
import type { JudgedTarget, Point } from '../../core/verdict/evidence/evidence.ts'
import { questionsFor } from '../../core/verdict/evidence/questions.ts'
import { errorsOnly } from '../../bench/rivals/recorded.ts'
import { type Reading, replayOfSeries } from './input/read.ts'
import type { ReplayFile } from './input/rows.ts'
import type { Series } from './input/series.ts'
import { minuteWords } from './input/times.ts'
import { floorTo, lastMinutes, type Metrics, readPoints } from './metrics.ts'

type Alias = { readonly functionName: string; readonly alias: string }
type Window = { readonly startMs: number; readonly endMs: number }

type FetchOptions = { readonly from: string; readonly last: string; readonly reading: Reading }
type Deps = Metrics & {
  readonly aliases: Aliases
  readonly clock: { nowMs(): number }
  readonly tell: (sentence: string) => void
}

// Versions around the current one: those before it, and those that were published since and put back.
const before = 70
const after = 29

/** @throws Problem `call_invalid`, `replay_empty`, `replay_ambiguous`, and what AWS answers */
export async function fetchReplay(deps: Deps, { from, last, reading }: FetchOptions): Promise<ReplayFile> {
  const alias = aliasIn(from)
  if (reading.series.size > 0)
    throw new Problem('call_invalid', '--series is for files: CloudWatch says which series is which.')
  const asked = lastMinutes(last, deps.clock.nowMs())
  const chosen = versionsChosen(reading)
  const hours = await busyTimes(deps, alias, chosen ?? (await versionsAround(deps, alias)), {
    startMs: floorTo(asked.startMs, hourMs),
    endMs: floorTo(asked.endMs + deps.aheadMs, hourMs) + hourMs,
    periodSeconds: 3600,
  })
  const span = spanOf(deps, hours, asked, { from, last })
  const minutes = await busyTimes(deps, alias, [...hours.keys()], { ...span, periodSeconds: 60 })
  const pair = pairIn(minutes, chosen, from, last)
  const window = sharedTime(minutes, pair, span)
  const series = await seriesOf(deps, alias, pair, window)
  const named = { ...reading, stable: pair.stable, candidate: pair.candidate }
  const found = replayOfSeries({ series, notes: [] }, named)
  return {
    ...found,
    notes: [`Of ${from}: stable is version ${pair.stable}, the candidate version ${pair.candidate}.`, ...found.notes],
  }
}

type Pair = { readonly stable: string; readonly candidate: string }
/** By version, when it had requests. Versions without any are absent. */
type Busy = ReadonlyMap<string, readonly number[]>

function aliasIn(text: string): Alias {
  const [functionName = '', alias = '', ...more] = text.split(':')
  if (more.length > 0 || alias === '' || !FunctionName.safeParse(functionName).success)
    throw new Problem(
      'call_invalid',
      `"${text}" is not FUNCTION:ALIAS. For a function elsewhere, set AWS_REGION and the credentials of its account.`,
    )
  return { functionName, alias }
}

function versionsChosen({ stable, candidate }: Reading): Pair | undefined {
  if (stable === undefined || candidate === undefined) {
    if (stable !== candidate) throw new Problem('call_invalid', 'Give both --stable and --candidate, or neither.')
    return undefined
  }
  for (const version of [stable, candidate])
    if (!Version.safeParse(version).success)
      throw new Problem('call_invalid', `"${version}" is not a published version, such as 42.`)
  return { stable, candidate }
}

async function versionsAround({ aliases }: Deps, alias: Alias): Promise<readonly string[]> {
  const { routing } = await aliases.read({ ...alias, service: 'replay' })
  const current = Number(routing.version)
  const all = [routing.version, routing.additional?.version ?? routing.version]
  for (let version = Math.max(1, current - before); version <= current + after; version++) all.push(String(version))
  return [...new Set(all)]
}

const targetOf = ({ functionName, alias }: Alias, stable: string, candidate: string): JudgedTarget => ({
  functionName,
  alias,
  stable,
  candidate,
  baseline: { thresholdsMs: [] },
})

const errors = errorsOnly(1, 0.05)

/** Which versions had requests, and when. */
async function busyTimes(
  deps: Deps,
  alias: Alias,
  versions: readonly string[] | Pair,
  asked: Window & { readonly periodSeconds: number },
): Promise<Busy> {
  const all = 'stable' in versions ? [versions.stable, versions.candidate] : versions
  const questions = questionsFor(
    errors,
    all.map((version) => targetOf(alias, version, version)),
  ).filter(({ key }) => key.endsWith('.s.invocations'))
  const read = await readPoints(deps, questions, asked, deps.tell)
  const times = all.map((version, index): [string, readonly number[]] => [
    version,
    (read[index] ?? []).filter(({ value }) => value > 0).map((one) => one.minuteMs),
  ])
  return new Map(times.filter(([, its]) => its.length > 0))
}

/** From the first to the last hour with requests, within what was asked. @throws Problem `replay_empty` */
function spanOf(
  { aheadMs }: Pick<Deps, 'aheadMs'>,
  hours: Busy,
  asked: Window,
  { from, last }: Pick<FetchOptions, 'from' | 'last'>,
): Window {
  const all = [...hours.values()].flat()
  if (all.length === 0)
    throw new Problem('replay_empty', `No version had requests through ${from} in the last ${last}.`)
  const endMs = Math.max(...all) + hourMs
  // The embedded cloud may be ahead of what was asked, by days or by minutes.
  return {
    startMs: Math.max(asked.startMs, Math.min(...all)),
    endMs: aheadMs > 0 ? Math.max(endMs, asked.endMs) : asked.endMs,
  }
}

// In a minute of a promotion both versions have requests, and so have strangers to each other when releases follow closely.
const sharedMinutesMin = 3

/** The two versions that shared the alias. @throws Problem `replay_empty`, `replay_ambiguous` */
function pairIn(minutes: Busy, chosen: Pair | undefined, from: string, last: string): Pair {
  // The version that had requests first is the stable one.
  const busy = [...minutes].sort(
    ([a, first], [b, second]) => (first[0] ?? 0) - (second[0] ?? 0) || Number(a) - Number(b),
  )
  const pairs = busy.flatMap(([stable, its], index) => {
    const known = new Set(its)
    return busy.slice(index + 1).flatMap(([candidate, others]) => {
      const shared = others.filter((minute) => known.has(minute))
      return shared.length < sharedMinutesMin ? [] : [{ stable, candidate, fromMs: shared[0] ?? 0 }]
    })
  })
  if (chosen !== undefined) return chosen
  const [only] = pairs
  const versions = busy.map(([version]) => version).join(', ')
  if (only === undefined)
    throw new Problem(
      'replay_empty',
      `No two versions shared ${from} in the last ${last}; versions with requests: ${versions.length === 0 ? 'none' : versions}.`,
    )
  if (pairs.length > 1) {
    const shown = pairs
      .slice(-5)
      .map((one) => `${one.stable} and ${one.candidate} from ${minuteWords(one.fromMs / minuteMs)}`)
    throw new Problem(
      'replay_ambiguous',
      `${pairs.length} pairs of versions shared ${from} in the last ${last}: ${shown.join(', ')}.`,
    )
  }
  return only
}

/** The minutes from the first to the last request of the candidate. @throws Problem `replay_empty` */
function sharedTime(minutes: Busy, { candidate }: Pair, span: Window): Window {
  const its = (minutes.get(candidate) ?? []).filter((one) => one >= span.startMs)
  const [first, last] = [its[0], its.at(-1)]
  if (first === undefined || last === undefined)
    throw new Problem('replay_empty', `Version ${candidate} had no requests in this time.`)
  return { startMs: first, endMs: last + minuteMs }
}

async function seriesOf(
  deps: Deps,
  alias: Alias,
  { stable, candidate }: Pair,
  window: Window,
): Promise<readonly Series[]> {
  const questions = questionsFor(errors, [targetOf(alias, stable, candidate)])
  const read = await readPoints(deps, questions, { ...window, periodSeconds: 60 }, deps.tell)
  return questions.map(({ metric, dimensions }, index) => ({
    file: 'CloudWatch',
    origin: 'cloudwatch',
    names: [metric],
    labels: dimensions,
    points: (read[index] ?? []).map((point: Point) => ({ minute: point.minuteMs / minuteMs, value: point.value })),
  }))
}
