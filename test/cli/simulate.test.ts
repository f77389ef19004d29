// tidegate simulate: what it reports about a policy at a level of traffic.
import { expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { simulate } from '../../cli/replay/simulate.ts'
import { service } from '../core/sample.ts'

type Answer = {
  minutes: number
  readyRate: number
  healthy: { noise: string; falseRollbackRate: number }[]
  faulty: { added: number; missedRate: number; medianMinutes: number | null; badRequestsServed: number }[]
}
function ask(changes: Partial<Parameters<typeof simulate>[1]>): Answer {
  const lines: string[] = []
  const screen = screenOn((line) => lines.push(line), true)
  simulate(screen, { service: service(), perMinute: 1000, rate: 0.01, runs: 20, seed: 1, ...changes })
  return JSON.parse(lines.join('')) as Answer
}

it('finds large faults at once and small ones later, with their cost until then', () => {
  const { minutes, healthy, faulty } = ask({ runs: repeats(20, 10) })
  expect(minutes).toBe(10)
  expect(healthy.map((one) => one.falseRollbackRate)).toEqual(healthy.map(() => expect.closeTo(0, 0) as number))
  const [, , five, twenty, all] = faulty
  expect(all).toMatchObject({ missedRate: 0, medianMinutes: 1 })
  expect(twenty?.medianMinutes ?? 0).toBeLessThanOrEqual(five?.medianMinutes ?? 0)
  expect(five?.badRequestsServed).toBeGreaterThan(5)
  expect(faulty[0]?.missedRate).toBeGreaterThan(0.5)
})

it('follows the policy: its plan, its alpha, its tolerance', () => {
  const long = { steps: [{ weight: 20, bake: '30m' }] }
  expect(ask({ service: service({ plan: long }), runs: 1 }).minutes).toBe(30)
  const tolerant = ask({ service: service({ plan: long, signals: { errors: { tolerance: 20 } } }), runs: 2 })
  expect(tolerant.faulty[2]?.missedRate).toBe(1)
  const runs = repeats(12, 4)
  const bold = ask({ service: service({ plan: long, policy: { alpha: 0.2 } }), runs })
  const careful = ask({ service: service({ plan: long, policy: { alpha: 0.001 } }), runs })
  expect(bold.faulty[2]?.medianMinutes ?? 99).toBeLessThan(careful.faulty[2]?.medianMinutes ?? 99)
})

it('takes the plan of one wave where waves have plans of their own: the first, or the one that is named', () => {
  const waved = service({
    targets: ['a', 'b'].map((name) => ({ function: name, alias: 'live' })),
    waves: [
      { name: 'dev', targets: ['a'], plan: { steps: [{ weight: 50, bake: '3m' }] } },
      { name: 'production', targets: ['b'] },
    ],
  })
  expect(ask({ service: waved, runs: 1 })).toMatchObject({ minutes: 3, wave: 'dev' })
  expect(ask({ service: waved, runs: 1, wave: 'production' })).toMatchObject({ minutes: 10, wave: 'production' })
  expect(() => ask({ service: waved, wave: 'europe' })).toThrow(/no wave called "europe": it has dev, production/)
  expect(() => ask({ wave: 'dev' })).toThrow(/checkout has no wave called "dev"/)
})

it('says when there is too little traffic to pass', () => {
  const quiet = ask({ perMinute: 2 })
  expect(quiet.readyRate).toBe(0)
  expect(quiet.healthy.every((one) => one.falseRollbackRate === 0)).toBe(true)
  expect(ask({ perMinute: 1000, runs: 6 }).readyRate).toBeGreaterThan(0.9)
})

it('gives the same answer for the same seed, and a different one for another', () => {
  const first = ask({ seed: 4, runs: 2 })
  expect(ask({ seed: 4, runs: 2 })).toEqual(first)
  expect(ask({ seed: 5, runs: 2 })).not.toEqual(first)
})

it.each([
  ['no errors at all', { rate: 0 }],
  ['more errors than not', { rate: 0.7 }],
  ['too many requests', { perMinute: 1e7 }],
  ['a plan without steps', { service: service({ plan: 'AllAtOnce' }) }],
  ['a plan of days', { service: service({ plan: { steps: [{ weight: 10, bake: '2d' }] } }) }],
])('refuses %s', (_, changes) => {
  expect(() => ask(changes)).toThrow(expect.objectContaining({ code: 'call_invalid' }) as Error)
})
