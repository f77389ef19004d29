// Rows of the report of an observed service: one of every finding.
import type { ObservedShift } from '../../../core/observe/event.ts'

const minute = 60_000

export const shiftOf = (service: string, beganAtMs: number, changes: Partial<ObservedShift> = {}): ObservedShift => ({
  ...{ id: `${service}-api:live@${beganAtMs}`, service, functionName: `${service}-api`, alias: 'live' },
  ...{ stable: '11', candidate: '12', beganAtMs, looks: 4 },
  shifts: [{ sinceMs: beganAtMs, weightBp: 1000 }],
  ...changes,
})

/** An hour apart, the first one an hour after `fromMs`. */
export function shiftsOfAllKinds(service: string, fromMs: number): readonly ObservedShift[] {
  const at = (hours: number, minutes = 0): number => fromMs + hours * 60 * minute + minutes * minute
  const fail = (atMs: number) => ({ atMs, because: 'errors: candidate 23.53 % of 51, stable 0.00 % of 249' })
  const known = { requests: 24.4, knownMinutes: 7, minutes: 8 }
  return [
    shiftOf(service, at(1), {
      ...{ wouldPutBack: fail(at(1, 6)), saved: known, end: { how: 'putBack', atMs: at(1, 14) } },
    }),
    shiftOf(service, at(2), { wouldPutBack: fail(at(2, 6)), end: { how: 'through', atMs: at(2, 30) } }),
    shiftOf(service, at(3), { looks: 0, end: { how: 'putBack', atMs: at(3, 1) } }),
    shiftOf(service, at(4), { last: { kind: 'pass', because: 'errors' }, end: { how: 'through', atMs: at(4, 30) } }),
    shiftOf(service, at(5), { looks: 0, end: { how: 'replaced', atMs: at(5, 1) } }),
    shiftOf(service, at(6), { last: { kind: 'unknown', because: 'errors: 12 of 50 samples' } }),
  ]
}
