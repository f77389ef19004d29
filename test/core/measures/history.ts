// Logs for the measures, written as a release would write them. Times are minutes after the beginning of the year.
import { advance, begin } from '../../../core/release/advance.ts'
import type { Attested } from '../../../core/gate/counting.ts'
import type { Candidate, Provenance } from '../../../core/service/candidate.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import type { Recorded } from '../../../core/measures/facts.ts'
import { wayBack, wayForward } from '../../../core/release/move.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { service, target, t0 } from '../sample.ts'

export const at = (minutes: number): number => t0 + minutes * 60_000

type Wish = {
  readonly key?: string
  readonly version?: string
  readonly service?: Readonly<Record<string, unknown>>
  readonly provenance?: Partial<Provenance>
}

/** A log that is written step by step; each step has its time. */
export function log(id: string, minutes: number, wish: Wish = {}) {
  const version = wish.version ?? String(id.charCodeAt(0))
  const definition = service({ plan: { steps: [{ weight: 10, bake: '5m' }] }, ...wish.service })
  const candidate: Candidate = { kind: 'versions', versions: { checkout: version } }
  const first = numbered(
    {
      type: 'requested',
      atMs: at(minutes),
      releaseId: id,
      key: wish.key ?? `call/${id}`,
      service: definition,
      candidate,
      provenance: { source: 'api', ...wish.provenance },
    },
    1,
  )
  if (first.type !== 'requested') throw new Error('unreachable')
  const events: ReleaseEvent[] = [first]
  let release = begin(first)
  const write = (event: NewEvent): void => {
    const next = numbered(event, events.length + 1)
    events.push(next)
    release = advance(release, next)
  }
  const acts = {
    prepare: (minute: number) => {
      const targets = [{ ...target, candidate: version }]
      write({ type: 'admitted', atMs: at(minute) })
      write({ type: 'prepared', atMs: at(minute), targets, alarms: [] })
      return acts
    },
    /** Shifts to the next weight, or to all traffic. */
    shift: (minute: number) => {
      if (release.state.phase !== 'shifting') throw new Error(`${id} cannot shift while ${release.state.phase}`)
      const move = wayForward(release, release.state.step)
      write({ type: 'moveIntended', atMs: at(minute), move })
      write({ type: 'moved', atMs: at(minute), purpose: move.purpose, revisions: { checkout: `r${minute}` } })
      return acts
    },
    look: (minute: number, kind: Verdict['kind'], signals: readonly SignalVerdict[]) => {
      const window = { startMs: t0, endMs: at(minute) }
      const verdict: Verdict = { kind, quiet: false, because: kind, window, signals: [...signals] }
      write({ type: 'judged', atMs: at(minute), verdict })
      return acts
    },
    hurry: (minute: number) => {
      write({ type: 'promoteOrdered', atMs: at(minute), by: 'ann', reason: 'now' })
      return acts
    },
    order: (minute: number, by: string, outcome: 'rolledBack' | 'aborted' = 'rolledBack') => {
      write({ type: 'returnOrdered', atMs: at(minute), by, reason: 'back', outcome })
      return acts
    },
    restore: (minute: number) => {
      write({ type: 'moveIntended', atMs: at(minute), move: wayBack(release) })
      write({ type: 'moved', atMs: at(minute), purpose: 'rollBack', revisions: { checkout: `r${minute}` } })
      return acts
    },
    refuse: (minute: number, code: string) => {
      write({ type: 'admitted', atMs: at(minute) })
      write({ type: 'refused', atMs: at(minute), outcome: 'rejected', code, because: code })
      return acts
    },
    passOneWay: (minute: number) => {
      write({ type: 'oneWayPassed', atMs: at(minute), step: 0, reason: 'the column is gone', revisions: {} })
      return acts
    },
    fixForward: (minute: number, by: string) => {
      write({ type: 'fixedForward', atMs: at(minute), by })
      return acts
    },
    settle: (minute: number) => {
      write({ type: 'settled', atMs: at(minute) })
      if (release.state.phase !== 'settled') throw new Error(`${id} cannot settle while ${release.state.phase}`)
      return acts
    },
    recorded: (attested: Attested = {}): Recorded => ({ events, attested }),
  }
  return acts
}

export const signal = (
  name: string,
  kind: SignalVerdict['kind'],
  more: Partial<SignalVerdict> = {},
): SignalVerdict => ({
  signal: name,
  kind,
  because: kind,
  ...more,
})

export const cost = (candidateMean: number, candidateSamples = 100): SignalVerdict =>
  signal('cost', 'pass', {
    advisory: true,
    numbers: { candidateMean, stableMean: 1, candidateSamples, stableSamples: 900 },
  })
