// A release as the spans of a trace: the release, its steps, its looks, and what people and alarms ordered. The same log gives
// the same spans with the same keys, so that a trace that is sent again is the same trace.
import { oneLine } from '../../foreign-text.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { putBackAlone, type Release } from '../../release/release.ts'
import { candidateWords } from '../../service/candidate.ts'
import { percentWords } from './moment.ts'

export type TracedSpan = {
  /** Unique in the release, such as `look/17`. */
  readonly key: string
  /** The key of the span that it is in; only the release has none. */
  readonly parent?: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly isError: boolean
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

const root = 'release'
const textMost = 500
/** A release that bakes for a week, with a look every minute, has ten times as many: the last ones tell how it ended. */
const looksMost = 1000

/** @returns nothing before the release has settled: a span has an end */
export function traceOf(events: readonly ReleaseEvent[], release: Release): readonly TracedSpan[] {
  const endMs = events.find(({ type }) => type === 'settled')?.atMs
  if (endMs === undefined) return []
  const steps = stepsOf(release, endMs)
  const looks = events.filter((event) => event.type === 'judged')
  return [
    {
      ...{ key: root, name: `release ${release.service.name}`, startMs: release.requestedAtMs, endMs },
      isError: release.ending === undefined || !good.has(release.ending.outcome) || putBackAlone(release).length > 0,
      attributes: {
        ...factsOf(release),
        'tidegate.looks': looks.length,
        ...(looks.length > looksMost ? { 'tidegate.looks.left_out': looks.length - looksMost } : {}),
      },
    },
    ...steps,
    ...looks.slice(-looksMost).map((look) => lookSpan(look, steps, release)),
    ...events.flatMap((event) => orderSpan(event, release)),
  ]
}

const good: ReadonlySet<string> = new Set(['promoted', 'alreadyReleased'])

const common = ({ id, service }: Release) => ({ 'tidegate.release.id': id, 'tidegate.service': service.name })
const said = (name: string, text: string | undefined) => (text === undefined ? {} : { [name]: oneLine(text, textMost) })

function factsOf(release: Release): TracedSpan['attributes'] {
  const { candidate, provenance, ending, urgent, drill, targets } = release
  return {
    ...common(release),
    ...said('tidegate.outcome', ending?.outcome),
    ...said('tidegate.because', ending?.because),
    ...said('tidegate.decided_by', ending?.by),
    ...said('tidegate.candidate', candidateWords(candidate)),
    ...said(
      'tidegate.versions',
      targets.map(({ functionName, stable, candidate: to }) => `${functionName} ${stable} to ${to}`).join(', '),
    ),
    ...said('tidegate.source', provenance.source),
    ...said('vcs.ref.head.revision', provenance.commit),
    'tidegate.urgent': urgent,
    'tidegate.drill': drill === true,
  }
}

function stepsOf(release: Release, endMs: number): readonly TracedSpan[] {
  return release.shifts.map(({ weightBp, sinceMs }, index) => ({
    ...{ key: `step/${index}`, parent: root, name: `step ${percentWords(weightBp)}`, startMs: sinceMs },
    endMs: Math.max(sinceMs, release.shifts[index + 1]?.sinceMs ?? endMs),
    isError: false,
    attributes: { ...common(release), 'tidegate.weight_percent': weightBp / 100 },
  }))
}

type EventOf<T extends ReleaseEvent['type']> = Extract<ReleaseEvent, { type: T }>

function lookSpan(
  { seq, atMs, verdict }: EventOf<'judged'>,
  steps: readonly TracedSpan[],
  release: Release,
): TracedSpan {
  const step = steps.findLast(({ startMs }) => startMs <= atMs)
  return {
    ...{ key: `look/${seq}`, parent: step?.key ?? root, name: `look ${verdict.kind}`, startMs: atMs, endMs: atMs },
    isError: verdict.kind === 'fail',
    attributes: {
      ...common(release),
      'tidegate.verdict': verdict.kind,
      ...said('tidegate.because', verdict.because),
    },
  }
}

const orders = ['approved', 'overridden', 'paused', 'resumed', 'promoteOrdered', 'returnOrdered'] as const
const isOrder = (event: ReleaseEvent): event is EventOf<(typeof orders)[number]> =>
  orders.some((one) => one === event.type)

function orderSpan(event: ReleaseEvent, release: Release): readonly TracedSpan[] {
  if (!isOrder(event)) return []
  const { seq, atMs, type, by } = event
  const reason = 'reason' in event ? event.reason : undefined
  return [
    {
      ...{ key: `order/${seq}`, parent: root, name: `order ${type}`, startMs: atMs, endMs: atMs, isError: false },
      attributes: { ...common(release), ...said('tidegate.by', by), ...said('tidegate.reason', reason) },
    },
  ]
}
