// `tidegate replay`: what the verdict would have been, minute by minute, on a file or a past release, by our own engine under any
// policy, or by the rules of other release controllers.
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import type { WeightedMinute } from '../../bench/rivals/recorded.ts'
import { latched, type Said } from '../../bench/rivals/rival.ts'
import { rivals } from '../../bench/rivals/rivals.ts'
import type { Backend } from '../backend/backend.ts'
import { countsOf, replayedFile, replayedRelease, type Replayed } from './evidence.ts'
import { fetchReplay } from './fetch.ts'
import { parseReplay, type Reading } from './input/read.ts'
import type { ReplayFile } from './input/rows.ts'
import { minuteWords } from './input/times.ts'
import type { Metrics } from './metrics.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { readExport } from '../backend/text-file.ts'
import { readDefinition } from '../commands/apply.ts'
import { releaseOf } from '../commands/verbs.ts'

/** One minute of a replay as shown. */
type Shown = {
  readonly minute: number
  readonly verdict: Said
  readonly because?: string
  readonly logE?: number
  readonly signals: Readonly<Record<string, { readonly logE?: number }>>
}

/** The source of a replay: error counts by minute for every rule, and evidence for our own engine. */
type Source = {
  readonly title: string
  readonly firstMinute: number
  /** Minutes are numbered since 1970. */
  readonly isTimed: boolean
  readonly notes: readonly string[]
  readonly counts: readonly WeightedMinute[]
  readonly judgedBy: (service: Service | undefined) => Replayed
}

type ReplayOptions = {
  readonly services: readonly string[]
  /** `ours`, the name of another rule, or `all`. */
  readonly method: string
}

/** A minute of counts has some hundred bytes in any export. */
const bytesMax = 32 * 2 ** 20
const filesMax = 50

/** @throws Problem `replay_invalid`, `replay_ambiguous`, `replay_resolution`, `replay_empty`, `definition_invalid`, ... */
export async function replayFiles(
  screen: Screen,
  files: readonly string[],
  reading: Reading,
  options: ReplayOptions,
): Promise<number> {
  if (files.length > filesMax) throw new Problem('call_invalid', `${files.length} files are more than ${filesMax}.`)
  const inputs = await Promise.all(
    files.map(async (file) => ({ file, text: await readExport(file, 'replay_invalid', bytesMax) })),
  )
  return replayMinutes(screen, files.join(', '), parseReplay(inputs, reading), options)
}

/** @throws Problem as `fetchReplay` */
export async function replayMetrics(
  screen: Screen,
  backend: { readonly aliases: Backend['aliases']; readonly clock: Backend['clock'] },
  metrics: Metrics,
  { from, last, reading, ...options }: ReplayOptions & { from: string; last: string; reading: Reading },
): Promise<number> {
  const deps = {
    ...metrics,
    aliases: backend.aliases,
    clock: backend.clock,
    tell: (sentence: string) => screen.note(sentence),
  }
  return replayMinutes(screen, from, await fetchReplay(deps, { from, last, reading }), options)
}

const replayMinutes = (screen: Screen, title: string, found: ReplayFile, options: ReplayOptions): Promise<number> =>
  replaySource(screen, options, {
    ...found,
    title,
    counts: found.minutes,
    judgedBy: (service) => replayedFile(found, service),
  })

/** @throws Problem `release_missing`, `replay_invalid` when the release was never looked at */
export async function replayRelease(
  screen: Screen,
  backend: Parameters<typeof releaseOf>[0],
  which: string,
  options: ReplayOptions,
): Promise<number> {
  const release = await releaseOf(backend, which)
  const own = replayedRelease(release, undefined)
  if (own.recorded.minutes === 0)
    throw new Problem('replay_invalid', `Release ${release.id} ended before a whole minute of it was read.`)
  return replaySource(screen, options, {
    title: `release ${release.id} of ${release.service.name}`,
    firstMinute: 0,
    isTimed: false,
    notes: [],
    counts: countsOf(own),
    judgedBy: (service) => replayedRelease(release, service),
  })
}

async function replaySource(screen: Screen, { services, method }: ReplayOptions, source: Source): Promise<number> {
  const policies = await Promise.all(services.map(async (file) => ({ file, service: await readDefinition(file) })))
  const ours = (service: Service | undefined): readonly Shown[] => oursOf(source, source.judgedBy(service))
  for (const note of source.notes) screen.note(note)
  if (method === 'all') {
    const own = policies.length === 0 ? [{ name: 'ours', minutes: ours(undefined) }] : []
    const named = policies.map(({ file, service }) => ({ name: `ours, ${file}`, minutes: ours(service) }))
    const others = rivals
      .filter(({ name }) => name !== 'ours')
      .map(({ name }) => ({ name, minutes: rivalOf(source, name, undefined) }))
    compare(screen, source, [...own, ...named, ...others])
  } else if (method === 'ours' && policies.length > 1) {
    compare(
      screen,
      source,
      policies.map(({ file, service }) => ({ name: file, minutes: ours(service) })),
    )
  } else {
    const [policy] = policies
    if (method === 'ours') for (const note of source.judgedBy(policy?.service).notes) screen.note(note)
    const minutes = method === 'ours' ? ours(policy?.service) : rivalOf(source, method, policy?.service)
    showMinutes(screen, source, method, minutes, policy?.service.policy.alpha)
  }
  return exitCodes.done
}

const alphaDefault = 0.05

function rivalOf(source: Source, name: string, service: Service | undefined): readonly Shown[] {
  const rival = rivals.find((one) => one.name === name)
  if (rival === undefined) {
    const known = [...rivals.map((one) => one.name), 'all'].join(', ')
    throw new Problem('call_invalid', `There is no method "${name}"; known are ${known}.`)
  }
  let [bad, all] = [0, 0]
  for (const { stableBad, stableInvocations } of source.counts) {
    bad += stableBad
    all += stableInvocations
  }
  const settings = { alpha: service?.policy.alpha ?? alphaDefault, stableRate: all === 0 ? 0 : bad / all }
  return rival.judge(source.counts, settings).map(({ said, logE }, minute) => ({
    minute: source.firstMinute + minute,
    verdict: said,
    ...(logE === undefined ? {} : { logE }),
    signals: { errors: logE === undefined ? {} : { logE } },
  }))
}

function oursOf(source: Source, { service, recorded }: Replayed): readonly Shown[] {
  const verdicts = replayVerdicts(service, recorded)
  const said = latched(verdicts.map(({ kind }) => ({ said: kind })))
  return verdicts.map((verdict, minute) => ({
    minute: source.firstMinute + minute,
    verdict: said[minute]?.said ?? verdict.kind,
    because: verdict.because,
    ...(verdict.logE === undefined ? {} : { logE: verdict.logE }),
    signals: signalsOf(verdict),
  }))
}

const signalsOf = ({ signals }: Verdict): Shown['signals'] =>
  Object.fromEntries(
    signals.map(({ signal, numbers }) => {
      const logE = numbers?.['logE']
      return [signal, logE === undefined ? {} : { logE }]
    }),
  )

function showMinutes(
  screen: Screen,
  source: Source,
  method: string,
  minutes: readonly Shown[],
  alpha: number = alphaDefault,
): void {
  if (screen.json) {
    const time = (minute: number) => (source.isTimed ? { time: minuteWords(minute) } : {})
    screen.say('', {
      minutes: minutes.map(({ minute, verdict, signals }) => ({ minute, ...time(minute), verdict, signals })),
      ...(source.notes.length === 0 ? {} : { notes: source.notes }),
    })
    return
  }
  screen.note(`${source.title}, judged by ${method}; a full bar, ln E ${Math.log(1 / alpha).toFixed(2)}, rolls back.`)
  screen.note(
    `${'minute'.padEnd(source.isTimed ? timeWidth : 8)}${'stable'.padEnd(18)}${'candidate'.padEnd(18)}  ln E  ${' '.repeat(barWidth)}  verdict`,
  )
  let before: Said | undefined
  minutes.forEach((one, index) => {
    const because = one.verdict === before || one.because === undefined ? '' : `  ${one.because}`
    screen.note(`${minuteLine(source, one, source.counts[index], alpha)}${because}`)
    before = one.verdict
  })
  screen.note(endOf(source, minutes))
}

const barWidth = 20
const timeWidth = 19

const shownMinute = ({ isTimed }: Source, minute: number): string => (isTimed ? minuteWords(minute) : String(minute))

function minuteLine(
  source: Source,
  { minute, verdict, logE }: Shown,
  counts: WeightedMinute | undefined,
  alpha: number,
): string {
  const share = (bad = 0, all = 0): string => `${String(bad).padStart(5)} of ${String(all).padEnd(7)}`.padEnd(18)
  const cells = [
    share(counts?.stableBad, counts?.stableInvocations),
    share(counts?.candidateBad, counts?.candidateInvocations),
  ]
  // Zero has no sign for a reader.
  const value = logE === undefined ? '' : logE.toFixed(2).replace(/^-(?=0\.00$)/, '')
  return `${shownMinute(source, minute).padStart(6)}  ${cells.join('')}${value.padStart(6)}  ${bar(logE, alpha)}  ${verdict.padEnd(7)}`
}

/** The bar fills as ln E approaches the rollback threshold. */
function bar(logE: number | undefined, alpha: number): string {
  const full = (logE ?? 0) / Math.log(1 / alpha)
  const filled = Math.floor(barWidth * Math.min(1, Math.max(0, full)))
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
}

/** The minute of the rollback, as the file numbers minutes, and the candidate's failed requests by then. */
function foundAt({ counts }: Source, minutes: readonly Shown[]) {
  const index = minutes.findIndex(({ verdict }) => verdict === 'fail')
  const seen = counts.slice(0, index < 0 ? undefined : index + 1)
  const bad = seen.reduce((sum, { candidateBad }) => sum + candidateBad, 0)
  return { rolledBackAtMinute: index < 0 ? null : (minutes[index]?.minute ?? null), candidateBad: bad }
}

function endOf(source: Source, minutes: readonly Shown[]): string {
  const { rolledBackAtMinute, candidateBad } = foundAt(source, minutes)
  const last = minutes.at(-1)?.verdict ?? 'unknown'
  return rolledBackAtMinute === null
    ? `Never rolled back; the last word is ${last}. The candidate failed ${candidateBad} requests.`
    : `Rolled back at ${source.isTimed ? '' : 'minute '}${shownMinute(source, rolledBackAtMinute)}, when the candidate had failed ${candidateBad} requests.`
}

function compare(
  screen: Screen,
  source: Source,
  answers: readonly { readonly name: string; readonly minutes: readonly Shown[] }[],
): void {
  const found = answers.map(({ name, minutes }) => ({ name, ...foundAt(source, minutes), minutes }))
  if (screen.json) {
    screen.say('', {
      methods: found.map(({ name, rolledBackAtMinute, candidateBad, minutes }) => ({
        name,
        rolledBackAtMinute,
        candidateBad,
        verdict: minutes.at(-1)?.verdict,
      })),
      ...(source.notes.length === 0 ? {} : { notes: source.notes }),
    })
    return
  }
  const width = Math.max(...found.map(({ name }) => name.length))
  for (const { name, minutes } of found) screen.note(`${name.padEnd(width)}  ${endOf(source, minutes)}`)
}
