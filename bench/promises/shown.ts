// What the months of many functions say of their promises: how many hold, with intervals at 95 %, and the worst by name.
import { formatDuration } from '../../core/duration.ts'
import type { Held, Months, Truth } from './month.ts'
import { between } from './odds.ts'
import type { Said } from './said.ts'

export type Row = { readonly said: Said; readonly truth: Truth; readonly months: Months }

const worstShown = 12

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

export function lineOf({ said, truth, months: { held, because } }: Row): string {
  const broken = held.filter(({ isKept }) => !isKept).map(wordsOf)
  return `${truth.name.padEnd(14)} ${said.perMinute.toPrecision(3).padStart(8)} a minute  ${held.length} promises, broken: ${[...broken, ...because].join('; ') || 'none'}`
}

const wordsOf = ({ words, kept, runs, isRefuted }: Held): string =>
  `${words}: ${kept} of ${runs}${isRefuted ? '' : ', within chance'}`

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

function shareRow(what: string, count: number, of: number, more: string): readonly string[] {
  const [low, high] = of === 0 ? [0, 1] : between(count, of)
  return [what, `${count} of ${of}`, of === 0 ? '-' : percent(count / of), `${percent(low)} to ${percent(high)}`, more]
}

export function summaryOf(rows: readonly Row[]) {
  const held = rows.flatMap(({ months }) => months.held)
  const row = (what: string, of: (months: Months) => readonly Held[]): readonly string[] => {
    const kept = rows.filter(({ months }) => of(months).every(({ isKept }) => isKept)).length
    const refuted = rows.filter(({ months }) => of(months).some(({ isRefuted }) => isRefuted)).length
    return shareRow(what, kept, rows.length, `${refuted} refuted`)
  }
  const each = (what: string, of: readonly Held[]): readonly string[] =>
    shareRow(
      what,
      of.filter(({ isKept }) => isKept).length,
      of.length,
      `${of.filter((one) => one.isRefuted).length} refuted`,
    )
  const ofKind = (kind: Held['what']): readonly Held[] => held.filter(({ what }) => what === kind)
  const healthy = rows.map(({ months }) => months.healthy)
  const releases = sum(healthy.map(({ runs }) => runs))
  const faulty = ofKind('found')
  const bySize = Map.groupBy(faulty, ({ words }) => words.split(',')[0] ?? '')
  const unrefuted = rows.filter(({ months }) => !months.held.some(({ isRefuted }) => isRefuted)).length
  const all = [
    shareRow('functions none of whose promises is refuted', unrefuted, rows.length, 'at least 95 %'),
    row('functions that keep every promise', (months) => months.held),
    row('functions that keep the one of releases without a fault', (months) => months.held.slice(0, 1)),
    row('functions that keep those of faults', (months) => months.held.slice(1)),
    each('promises of faults', faulty),
    ...[...bySize].map(([size, of]) => each(`  ${size}`, of)),
    shareRow('releases without a fault, put back', sum(healthy.map(({ back }) => back)), releases, 'at most 5 %'),
    shareRow('  of them undecided for too long', sum(healthy.map(({ undecided }) => undecided)), releases, ''),
    shareRow(
      'releases without a fault, on time',
      sum(healthy.map(({ onTime }) => onTime)),
      releases,
      onTimeWords(rows),
    ),
    shareRow(
      'releases with a fault, in time',
      sum(faulty.map(({ kept }) => kept)),
      sum(faulty.map(({ runs }) => runs)),
      'at least 90 %',
    ),
  ]
  return {
    all: { head: ['what', 'how many', 'share', 'at 95 %', ''], rows: all },
    worst: { head: ['function', 'requests a minute', 'plan', 'promise', 'kept', 'why'], rows: worstOf(rows) },
  }
}

const onTimeWords = (rows: readonly Row[]): string =>
  `${percent(sum(rows.map(({ said }) => said.onTime)) / rows.length)} where promised`

function worstOf(rows: readonly Row[]): readonly (readonly string[])[] {
  const broken = rows.flatMap(({ said, truth, months }) =>
    months.held
      .filter(({ isKept }) => !isKept)
      .map((one) => ({ said, truth, one, because: one.what === 'false' ? (months.because[0] ?? '') : 'found later' })),
  )
  return broken
    .toSorted((a, b) => a.one.kept / a.one.runs - b.one.kept / b.one.runs)
    .slice(0, worstShown)
    .map(({ said, truth, one, because }) => [
      ...[truth.name, said.perMinute.toPrecision(2), formatDuration(60 * said.minutes), one.words],
      ...[`${one.kept} of ${one.runs}${one.isRefuted ? '' : ', within chance'}`, because.slice(0, 90)],
    ])
}
