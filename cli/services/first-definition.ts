// The first definition of a service, as a commented file: a plan that fits the traffic of its function, and the alarms that are
// there. Pure, so that every file that it can write is checked by a test.
import { formatDuration } from '../../core/duration.ts'
import type { Traffic } from '../backend/function-facts.ts'

/** What is known of the function; what nobody could tell is absent. */
export type Known = {
  readonly name: string
  readonly functionName: string
  readonly alias: string
  readonly traffic?: Traffic
  readonly alarms?: readonly string[]
  /** What a person should know about the function or the look-up, a sentence each. */
  readonly notes: readonly string[]
}

type Step = { readonly weight: number; readonly bakeMinutes: number }
type Fit = { readonly steps: readonly Step[]; readonly minimumSamples: number; readonly isThin: boolean }

/** How long a step watches before it can be judged: docs/start.md. */
const blindMinutes = 6
/** By chance, hardly a step then gets too few. */
const margin = 1.5
const bakes = [10, 15, 20, 30, 60, 120, 180, 360, 720]
/** Tried in this order: a smaller first step and more samples are better, as long as a step does not take too long. */
const wishes = [
  { weight: 10, minimumSamples: 50, longest: 30 },
  { weight: 10, minimumSamples: 20, longest: 30 },
  { weight: 25, minimumSamples: 20, longest: 120 },
  { weight: 50, minimumSamples: 20, longest: 360 },
]

const bakeFor = (perMinute: number, weight: number, samples: number): number | undefined =>
  bakes.find((bake) => ((perMinute * weight) / 100) * (bake - blindMinutes) >= margin * samples)

/** @param perMinute usual requests a minute; `undefined` if nobody knows */
function planFitFor(perMinute: number | undefined): Fit {
  const usual = perMinute ?? 200
  const wish = wishes.find(
    ({ weight, minimumSamples, longest }) => (bakeFor(usual, weight, minimumSamples) ?? Infinity) <= longest,
  )
  const { weight, minimumSamples } = wish ?? { weight: 50, minimumSamples: 10 }
  const bake = (share: number): number => bakeFor(usual, share, minimumSamples) ?? bakes.at(-1) ?? 720
  const weights = [...new Set([weight, 50])]
  // At the end 10 % stay on stable, so that is the smaller side.
  const last = { weight: 100, bakeMinutes: bake(10) > bake(50) * 4 ? bake(50) : bake(10) }
  return {
    steps: [...weights.map((one) => ({ weight: one, bakeMinutes: bake(one) })), last],
    minimumSamples,
    isThin: wish === undefined,
  }
}

const rounded = (value: number): string =>
  value >= 10 ? String(Math.round(value)) : value.toPrecision(2).replace(/\.?0+$/, '')

export function definitionText(known: Known): string {
  const { name, functionName, alias, traffic, alarms, notes } = known
  const perMinute = traffic && traffic.requests / traffic.hours / 60
  const { steps, minimumSamples, isThin } = planFitFor(perMinute)
  return [
    '# Check it with `tidegate validate`, and register it with `tidegate apply`. docs/reference.md has every field.',
    ...notes.map((note) => `# NOTE: ${note}`),
    `name: ${scalar(name)}`,
    '',
    'targets: # more than one alias shift together and go back together',
    `  - function: ${scalar(functionName)}`,
    `    alias: ${scalar(alias)}`,
    '',
    ...trafficWords(traffic, perMinute),
    'plan:',
    '  steps: # percent of the traffic, and how long to watch it before the next step',
    ...steps.map(({ weight, bakeMinutes }) => `    - { weight: ${weight}, bake: ${formatDuration(bakeMinutes * 60)} }`),
    ...(isThin ? ['  # With so few requests only gross faults are found, and a step may hold for want of them.'] : []),
    '',
    'signals:',
    ...alarmLines(alarms),
    '  # Errors, latency, throttles and cost of both versions are compared without being named.',
    `  errors: { minimumSamples: ${minimumSamples} } # with fewer requests of the new version the result is unknown, never a pass`,
    `  latency: { minimumSamples: ${minimumSamples} }`,
    '',
    '# slos: # error budgets: what is left of them sets the pace of releases (docs/budget.md)',
    `#   - { name: available, objective: ${objectiveFor(traffic)}, window: 28d }`,
    '',
    '# hooks: # Lambda functions of yours that answer pass or fail (docs/start.md)',
    '#   - { at: beforeTraffic, function: NAME-smoke, timeout: 2m }',
    '',
    '# runbook: https://example.com/runbooks/NAME # in every page',
    '',
  ].join('\n')
}

/** Text stays text, whatever YAML would make of it. */
const scalar = (text: string): string =>
  /^[A-Za-z][\w-]*$/.test(text) && !/^(true|false|null)$/i.test(text) ? text : JSON.stringify(text)

function trafficWords(traffic: Traffic | undefined, perMinute: number | undefined): readonly string[] {
  if (traffic === undefined || perMinute === undefined)
    return [
      '# Nobody could say how many requests it gets. This plan is for about 200 a minute: with fewer, bake longer.',
    ]
  const failed = (traffic.failed / traffic.requests) * 100
  return [
    `# In the last ${formatDuration(traffic.hours * 3600)} it had ${rounded(perMinute)} requests a minute, and ${rounded(failed)} % of them failed.`,
    '# The plan fits that: every step gets enough requests to be judged by.',
  ]
}

function alarmLines(alarms: readonly string[] | undefined): readonly string[] {
  const words = '# if one fires, the traffic goes back at once'
  if (alarms === undefined) return [`  # alarms: [NAME] ${words}`]
  if (alarms.length === 0) return [`  # No alarm on it was found. alarms: [NAME] ${words}`]
  return ['  alarms: ' + words, ...alarms.map((alarm) => `    - ${JSON.stringify(alarm)}`)]
}

/** One that the service would meet by what it did, with as much again to spare. */
function objectiveFor(traffic: Traffic | undefined): number {
  const good = traffic === undefined ? 99.9 : 100 - (200 * traffic.failed) / traffic.requests
  return [99.9, 99.5, 99, 95, 90].find((one) => one <= good) ?? 50
}
