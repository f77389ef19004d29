// A release of which a function went back alone: a change that failed, and neither a good nor a bad word about its candidate.
import { expect, it } from 'vitest'
import type { Incident } from '../../../core/measures/incident.ts'
import { measure } from '../../../core/measures/measures.ts'
import { isMeasuredByAll, metricsOf } from '../../../core/measures/metric.ts'
import { replay } from '../../../core/release/advance.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { wayBack, wayForward } from '../../../core/release/move.ts'
import type { Release } from '../../../core/release/release.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { after, requested, target, verdict } from '../sample.ts'
import { at } from './history.ts'

const targets = ['a', 'b'].map((name) => ({ function: name, alias: 'live' }))
const plan = { steps: [{ weight: 10, bake: '5m' }] }

/** @param blamed who went back alone, if anybody @param isBad all of it goes back in the end */
function logOf(blamed: readonly string[], { id = 'checkout-1', isBad = false } = {}) {
  let release: Release = { ...requested({ targets, plan, signals: {}, policy: { whenBlamed: 'function' } }), id }
  const { service, candidate, provenance } = release
  const first = { releaseId: id, key: `call/${id}`, service, candidate, provenance }
  const events = [numbered({ type: 'requested', atMs: at(0), ...first }, 1)]
  const write = (event: NewEvent): void => {
    events.push(numbered(event, events.length + 1))
    release = after(release, event)
  }
  const shift = (minutes: number): void => {
    const isBack = release.state.phase === 'returning'
    const move = isBack
      ? wayBack(release)
      : wayForward(release, release.state.phase === 'shifting' ? release.state.step : 0)
    const revisions = Object.fromEntries(move.targets.map(({ functionName }) => [functionName, `r${minutes}`]))
    write({ type: 'moveIntended', atMs: at(minutes), move })
    write({ type: 'moved', atMs: at(minutes), purpose: move.purpose, revisions })
  }
  const prepared = targets.map((one) => ({ ...target, functionName: one.function }))
  write({ type: 'admitted', atMs: at(0) })
  write({ type: 'prepared', atMs: at(0), targets: prepared, alarms: [] })
  shift(1)
  if (blamed.length > 0) {
    const signals = blamed.map((name) => ({ signal: `errors:${name}`, kind: 'fail' as const, because: 'x' }))
    write({ type: 'judged', atMs: at(2), verdict: { ...verdict('fail'), signals, blamed: [...blamed] } })
    shift(4)
  }
  write({ type: 'judged', atMs: at(10), verdict: verdict(isBad ? 'fail' : 'pass') })
  shift(11)
  write({ type: 'settled', atMs: at(12) })
  expect(release.ending?.outcome).toBe(isBad ? 'rolledBack' : 'promoted')
  return events
}

function measuredIn(logs: readonly ReturnType<typeof logOf>[], incidents: readonly Incident[] = []) {
  const period = { fromMs: at(0), toMs: at(1440) }
  const releases = logs.map((events) => ({ events, attested: {} }))
  const found = measure({ releases, incidents, ledgers: [], period })
  return (id: string) => found.find(({ definition }) => definition.id === id)?.result
}
const promoted = (blamed: readonly string[], incidents: readonly Incident[] = []) =>
  measuredIn([logOf(blamed)], incidents)

it('is restored when that function is back, by a decision that took so long, and is no canary that passed', () => {
  const found = promoted(['b'])
  const seconds = (id: string) => found(id)?.value
  // First traffic at minute 1, the look that failed at 2, back at 4.
  expect(seconds('M4')).toEqual({ known: true, number: 180 })
  expect(seconds('M8')).toEqual({ known: true, number: 120 })
  expect(seconds('M12')).toEqual({ known: true, number: 60 })
  expect(seconds('M5')).toEqual({ known: true, number: 0 })
  const whole = promoted([])
  for (const id of ['M4', 'M8', 'M12']) expect(whole(id)?.value.known).toBe(false)
  expect(whole('M5')?.value).toEqual({ known: true, number: 1 })
})

it('that has an incident is restored when the incident is resolved, and by nothing else', () => {
  const incident = { service: 'checkout', source: 'ops', id: '1', title: 'x', openedAtMs: at(2), resolvedAtMs: at(30) }
  expect(promoted(['b'], [incident])('M4')).toMatchObject({ value: { number: 28 * 60 }, n: 1 })
})

it('is a promotion for M1, and a failed change for M3', () => {
  expect([promoted([])('M3'), promoted(['b'])('M3')]).toMatchObject([
    { value: { known: true, number: 0 }, n: 1 },
    { value: { known: true, number: 1 }, n: 1 },
  ])
  expect(promoted(['b'])('M1')).toMatchObject({ n: 1 })
})

it('says neither good nor bad of its candidate, so M11 finds nothing flaky before or after it', () => {
  const [bad, part] = [logOf([], { id: 'checkout-0', isBad: true }), logOf(['b'])]
  expect(measuredIn([bad, part])('M11')).toMatchObject({ value: { number: 0 }, n: 2 })
  // Without a part that went back, the same two are.
  expect(measuredIn([bad, logOf([])])('M11')).toMatchObject({ value: { number: 0.5 }, n: 2 })
  expect(measuredIn([bad, part, logOf([], { id: 'checkout-2' })])('M11')).toMatchObject({ n: 3 })
  expect(measuredIn([part, logOf([], { id: 'checkout-2', isBad: true })])('M11')).toMatchObject({
    value: { number: 0 },
  })
})

it('has its seconds as a way back in the metrics, from the look that failed', () => {
  const events = logOf(['b'])
  const upTo = events.findIndex((event) => event.type === 'moved' && event.purpose === 'putBack')
  const [log, event] = [events.slice(0, upTo + 1), events[upTo]!]
  expect(isMeasuredByAll(event)).toBe(true)
  expect(metricsOf(log, replay(log)!).map(({ name, value }) => [name, value])).toEqual([
    ['CandidateWeight', 10],
    ['WayBackSeconds', 120],
  ])
})
