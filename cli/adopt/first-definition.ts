// The first definition of a service, as a commented file: what is known of its function, a plan that fits its traffic, what
// that plan promises, and where a canary proves nothing. Pure, so that every file that it can write is checked by a test.
import { parse } from 'yaml'
import { formatDuration } from '../../core/duration.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { minuteWords } from '../../core/time.ts'
import { Problem } from '../../core/problem.ts'
import { wrongWith } from '../../policy/definition.ts'
import { minutesWords, numberWords, offerFor, percentWords, perMinuteWords, promiseWords } from '../promise/words.ts'
import type { Offer } from '../promise/words.ts'
import type { Known } from './facts.ts'
import { proveNothing, warnings } from './warnings.ts'

const alarmsMost = 50
/** Where nobody knows the traffic. */
const supposed = { planned: 200, rate: 0.01 }

/** @throws Problem `definition_invalid` */
export function checkDefinition(text: string): void {
  const [wrong] = wrongWith(parse(text))
  if (wrong === undefined) return
  throw new Problem('definition_invalid', `No definition can be written: ${wrong.field}: ${wrong.words}.`)
}

/** @param observes whether others go on to move the alias */
export function definitionText(known: Known, observes = false): string {
  const { name, functionName, alias, usual, notes } = known
  const nothing = proveNothing(known)
  const offer = nothing === undefined && usual !== undefined ? offerFor(usual) : undefined
  return [
    ...factLines(known),
    ...[...notes, ...warnings(known)].flatMap((note) => comment(`NOTE: ${note}`)),
    '#',
    ...(offer === undefined ? [] : [...promiseWords(offer).map((line) => `# ${line}`), '#']),
    ...(nothing === undefined ? [] : [...comment(nothing), '#']),
    '# Check it with `tidegate validate`, and register it with `tidegate apply`. docs/reference.md has every field.',
    `name: ${scalar(name)}`,
    ...(observes
      ? ['mode: observe # others move the alias, and it is only watched; own: Tidegate moves it (docs/observe.md)']
      : []),
    '',
    'targets: # more than one alias shift together and go back together',
    `  - function: ${scalar(functionName)}`,
    `    alias: ${scalar(alias)}`,
    '',
    ...planLines(known, offer, nothing !== undefined),
    '',
    'signals:',
    ...(nothing === undefined
      ? [...alarmLines(known.alarms), ...sampleLines(offer ?? offerFor(supposed))]
      : alarmsAlone(known.alarms)),
    '',
    ...holdLines(offer),
    '# slos: # error budgets: what is left of them sets the pace of releases (docs/budget.md)',
    `#   - { name: available, objective: ${objectiveFor(known)}, window: 28d }`,
    '',
    ...hookLines(known),
    '# runbook: https://example.com/runbooks/NAME # in every page',
    '',
  ].join('\n')
}

/** Text stays text, whatever YAML would make of it. */
const scalar = (text: string): string =>
  /^[A-Za-z][\w-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text)

/** Whatever the words are, they stay a comment. */
function comment(words: string, columns = 116): readonly string[] {
  const lines: string[] = []
  for (const word of oneLine(words, 1000).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(lines.length === 0 ? `# ${word}` : `#   ${word}`)
  }
  return lines
}

function factLines(known: Known): readonly string[] {
  const { functionName, alias, usual, asOfMs } = known
  const as = asOfMs === undefined ? '' : `, as of ${minuteWords(asOfMs)}`
  const rows: (readonly [string, string | undefined])[] = [
    ['requests', known.isIdle === true ? 'none in 28 days' : usual && requestWords(known)],
    ['failed', usual && `${percentWords(usual.rate)} usually (the worst twentieth of its hours left out)`],
    ['duration', durationWords(known)],
    ['throttled', known.performance && throttleWords(known.performance.throttled)],
    ['called by', known.triggers && listWords(known.triggers.map(({ words }) => words))],
    [
      'released',
      known.releases === undefined
        ? undefined
        : `${known.releases} ${known.releases === 1 ? 'version' : 'versions'} published in 28 days`,
    ],
    ['moved by', known.group && groupWords(known.group)],
    ['made by', known.stack && `the CloudFormation stack ${known.stack}`],
  ]
  const told = rows.flatMap(([what, words]) => (words === undefined ? [] : comment(`  ${what.padEnd(10)} ${words}`)))
  return [`# ${functionName}, alias ${alias}${told.length === 0 ? '' : as}`, ...told]
}

function requestWords({ usual }: Known): string | undefined {
  if (usual === undefined) return undefined
  const { requests, hours, mean, planned, busiest } = usual
  const quiet = planned === 0 ? '' : `, at least ${perMinuteWords(planned)} in nine of ten usual hours`
  return `${numberWords(requests)} in ${formatDuration(hours * 3600)}: ${perMinuteWords(mean)} on average${quiet}, ${perMinuteWords(busiest)} in the busiest hour`
}

function durationWords({ performance: { p50Ms, p99Ms } = { throttled: 0 } }: Known): string | undefined {
  if (p50Ms === undefined || p99Ms === undefined) return undefined
  return `p50 ${numberWords(p50Ms)} ms, p99 ${numberWords(p99Ms)} ms (medians of its hours)`
}

const throttleWords = (times: number): string => (times === 0 ? 'never' : `${numberWords(times)} times`)

const listWords = (words: readonly string[]): string =>
  words.length === 0
    ? 'nobody that its policy or an event source names (callers by IAM alone are not listed there)'
    : [...new Set(words)].slice(0, 8).join(', ') + (new Set(words).size > 8 ? ', and others' : '')

const groupWords = ({ application, name, config }: NonNullable<Known['group']>): string =>
  `CodeDeploy, ${config} (deployment group ${name} of application ${application})`

function planLines({ alarms = [], group }: Known, offer: Offer | undefined, provesNothing: boolean): readonly string[] {
  if (provesNothing)
    return alarms.length === 0
      ? ['plan: AllAtOnce # nothing is judged: see above']
      : ['plan: { allAtOnce: { bake: 30m } } # nothing but its alarms is watched: see above']
  const kept = group === undefined ? [] : keptPlan(group.config)
  if (offer !== undefined) return [...kept, ...stepLines(offer)]
  return [
    '# Nobody could say how many requests it gets. This plan is for about 200 a minute: with fewer, bake longer.',
    ...kept,
    ...stepLines(offerFor(supposed)),
  ]
}

function stepLines(offer: Offer | undefined): readonly string[] {
  if (offer === undefined) throw new Error('bug: no plan for usual traffic')
  return [
    'plan:',
    '  steps: # percent of the traffic, and how long to watch it before the next step',
    ...offer.fit.steps.map(
      ({ weight, bakeMinutes }) => `    - { weight: ${weight}, bake: ${minutesWords(bakeMinutes)} }`,
    ),
  ]
}

/** CodeDeploy's predefined configurations, as plans are named here. */
function keptPlan(config: string): readonly string[] {
  const name = /^(?:CodeDeployDefault\.)?Lambda(AllAtOnce|(?:Canary|Linear)\d+Percent(?:Every)?\d+Minutes?)$/.exec(
    config,
  )?.[1]
  if (name === undefined) return []
  return comment(`To move it as CodeDeploy does today: \`plan: ${name}\`; what that finds, \`tidegate simulate\` says.`)
}

/** Evidence of so few requests would stay unknown, and then the traffic would go back. */
function alarmsAlone(alarms: readonly string[] = []): readonly string[] {
  if (alarms.length === 0) return ['  errors: { role: advisory } # reported, and decides nothing']
  return [
    ...alarmLines(alarms),
    '  # Errors are reported and decide nothing: of so few requests they would stay unknown, and the traffic would go back.',
    '  errors: { role: advisory }',
    '  latency: off',
    '  throttles: off',
  ]
}

function sampleLines(offer: Offer | undefined): readonly string[] {
  if (offer === undefined) throw new Error('bug: no plan for usual traffic')
  const { minimumSamples } = offer.fit
  return [
    '  # Errors, latency, throttles and cost of both versions are compared without being named.',
    `  errors: { minimumSamples: ${minimumSamples} } # with fewer requests of the new version the result is unknown, never a pass`,
    `  latency: { minimumSamples: ${minimumSamples} }`,
  ]
}

const usualHold = 30

function holdLines(offer: Offer | undefined): readonly string[] {
  if (offer === undefined || offer.fit.holdMinutes <= usualHold) return []
  return [
    'policy:',
    `  hold: { unknown: ${durationField(offer.fit.holdMinutes)} } # how long a step may stay undecided after its bake; then the traffic goes back`,
    '',
  ]
}

/** A duration of a definition has one unit. */
const durationField = (minutes: number): string => (minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`)

function alarmLines(alarms: readonly string[] | undefined): readonly string[] {
  const words = '# if one fires, the traffic goes back at once'
  if (alarms === undefined) return [`  # alarms: [NAME] ${words}`]
  if (alarms.length === 0) return [`  # No alarm on it was found. alarms: [NAME] ${words}`]
  return ['  alarms: ' + words, ...alarms.slice(0, alarmsMost).map((alarm) => `    - ${JSON.stringify(alarm)}`)]
}

/** One that the service would meet by what it did, with as much again to spare. */
function objectiveFor({ usual }: Known): number {
  const good = usual === undefined ? 99.9 : 100 - (200 * usual.failed) / usual.requests
  return [99.9, 99.5, 99, 95, 90].find((one) => one <= good) ?? 50
}

function hookLines({ group }: Known): readonly string[] {
  const hooks = group?.hooks ?? []
  return [
    '# hooks: # Lambda functions of yours that answer pass or fail (docs/start.md)',
    '#   - { at: beforeTraffic, function: NAME-smoke, timeout: 2m }',
    ...(hooks.length === 0
      ? []
      : comment(`  CodeDeploy calls ${hooks.join(' and ')}. A hook here answers by what it returns: docs/adopt.md.`)),
    '',
  ]
}
