// A small version of `npm run bench:verdict`: what the verdict promises for healthy and faulty releases. Seeded, so the result is
// always the same; the full benchmark has 2000 releases of each kind, and `npm run e2e` has three times as many healthy ones
// as `npm test`.
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { minutesOf } from '../../bench/trials/noise.ts'
import { e2, ours } from '../../bench/rivals/e-processes.ts'
import { failing, faulty, healthy } from '../../bench/trials/situations.ts'
import { runTrial } from '../../bench/trials/trial.ts'
import { latencyRules } from '../../bench/rivals/latency.ts'
import { slowOnes, unchangedOnes } from '../../bench/trials/timed-situations.ts'
import { runTimedTrial } from '../../bench/trials/timed-trial.ts'
import { verdictPicture } from '../../bench/verdict-picture.ts'

const seed = 50_001
const alpha = 0.05
// As every release knows them: stable's hours before it.
const known = { past: true, releases: 0 }

describe(`healthy releases, seed ${seed}`, () => {
  const releases = repeats(30, 10)
  it.each(healthy)('are left alone: $name', (situation) => {
    const [own] = runTrial([ours], situation, releases, seed, alpha, known)
    // The promise is 1 %, or 5 % under drift. This many out of 30 releases is within chance.
    const most = situation.noise.kind === 'drift' ? 5 : 2
    expect(own?.early).toBeLessThanOrEqual(Math.floor((most * releases) / 30))
  })
})

describe(`faulty releases, seed ${seed}`, () => {
  it.each(faulty)('are found about as soon as by the plain formula: $name', (situation) => {
    const [own, plain] = runTrial([ours, e2], situation, 20, seed, alpha, known)
    // One that is missed in an hour, and half as many bad requests again, are the price of fewer false roll backs.
    expect(own?.detected).toBeGreaterThanOrEqual(19 - (own?.early ?? 0))
    expect(own?.medianMinutes ?? Infinity).toBeLessThanOrEqual((plain?.medianMinutes ?? 0) + 2)
    expect(own?.badServed ?? Infinity).toBeLessThanOrEqual(1.5 * (plain?.badServed ?? 0))
  })

  it.each(failing)('that fail completely are put back in the first minute that shows it: $name', (situation) => {
    const [own] = runTrial([ours], situation, 10, seed, alpha, known)
    // Where errors come in bursts, a second minute has to say so too.
    expect(own).toMatchObject({ detected: 10 })
    expect(own?.medianMinutes).toBeLessThanOrEqual(situation.noise.kind === 'bursts' ? 3 : 1)
  })
})

describe('latency alone', () => {
  const [own] = latencyRules
  const outcomeOf = (name: string) => {
    const situation = [...slowOnes, ...unchangedOnes].find((one) => one.name === name)
    if (own === undefined || situation === undefined) throw new Error(`there is no ${name}`)
    return runTimedTrial([own], situation, repeats(5, 3), seed, alpha)[0]
  }

  it.each(['lognormal', 'both drift together', 'cold for 3 minutes'])('is not fooled: %s', (name) => {
    expect(outcomeOf(name)).toMatchObject({ fired: 0 })
  })

  it.each([
    ['x2', 6],
    ['x1.25', 13],
    ['+500 ms on 3 %', 12],
  ])('finds slow requests: %s', (name, minutes) => {
    expect(outcomeOf(name)?.median).toBeLessThanOrEqual(minutes)
  })
})

describe('the noise', () => {
  it('is the same for the same seed, and has the requested rates', () => {
    for (const situation of healthy.filter((one) => one.noise.kind !== 'outage')) {
      expect(minutesOf(situation, 3)).toEqual(minutesOf(situation, 3))
      let [bad, all, candidate] = [0, 0, 0]
      for (let run = 0; run < 40; run++) {
        for (const one of minutesOf(situation, run)) {
          bad += one.stableBad + one.candidateBad
          all += one.stableInvocations + one.candidateInvocations
          candidate += one.candidateInvocations
        }
      }
      // The mean of e^(s Z) is e^(s^2 / 2).
      const { noise } = situation
      const deviation = noise.kind === 'shared' ? 1 : noise.kind === 'drift' ? noise.deviation : 0
      const ratio = bad / all / (situation.rate * Math.exp(deviation ** 2 / 2))
      expect(ratio).toBeGreaterThan(0.75)
      expect(ratio).toBeLessThan(1.3)
      expect(candidate / all).toBeCloseTo(0.1, 2)
    }
  })
})

describe('the picture', () => {
  it('places every rule with the best at the lower left, and escapes markup', () => {
    const svg = verdictPicture([
      { name: 'ours', falsePercent: 1, delayMinutes: 5 },
      { name: '<b>', falsePercent: 100, delayMinutes: 60 },
    ])
    expect(svg).toContain('Tidegate')
    expect(svg).not.toContain('<b>')
    const [own, other] = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)]
    // Drawn from the top down, so the slow rule comes first.
    expect(Number(other?.[1])).toBeLessThan(Number(own?.[1]))
    expect(Number(other?.[2])).toBeGreaterThan(Number(own?.[2]))
  })
})
