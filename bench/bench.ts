// `npm run bench`: measures what a release costs and how fast the way back is, on the embedded cloud, next to the documented
// numbers of other tools. Prices are us-east-1 list prices; the table marks facts that are unverified.
import { measureAmong, measureBake } from './day.ts'
import { measureBundles } from './bundles.ts'
import { type Ledger, measureLedger, measureLive } from './budget.ts'
import { measureFeatures, measureRelease, type Usage } from './release.ts'
import { measureWayBack } from './way-back.ts'
import { measureRollback, tableOfRollback } from './rollback-command.ts'
import { measureCrowd } from './crowd.ts'
import { measureFlood } from './flood.ts'
import { measureReleasePage } from './release-page.ts'
import { measurePages } from './pages.ts'
import { table } from './table.ts'

/** Dollars each. The first two are from AWS's documentation; the others are from memory and marked as such. */
const prices = {
  transition: 0.025 / 1000,
  metric: 0.01 / 1000,
  alarmRequest: 0.01 / 1000,
  writeUnit: 1.25 / 1e6,
  readUnit: 0.25 / 1e6,
  invocation: 0.2 / 1e6,
  gigabyteSecond: 0.0000133334,
  event: 1 / 1e6,
  /** A custom metric costs $0.30 a month, prorated by the hours in which it was written. */
  metricHour: 0.3 / 730,
  trace: 5 / 1e6,
}
const functionGigabytes = 0.25
// We do not know how long the controller's functions run on Lambda: a tenth of a second is a generous guess.
const functionSeconds = 0.1

const dollars = (amount: number): string => `$${amount.toFixed(6)}`

const lambdaPrice = (invocations: number): number =>
  invocations * (prices.invocation + functionGigabytes * functionSeconds * prices.gigabyteSecond)

/** What each service takes for a release: its name, how much of it, and its price. */
function costsOf(usage: Usage): (readonly [string, string, number])[] {
  const compute = lambdaPrice(usage.invocations)
  // One trace for the execution, which includes its tasks, and one for each batch of the stream. Lambda samples traces; this
  // counts all of them.
  const traces = usage.invocations - usage.tasks + 1
  return [
    ['Step Functions', `${usage.transitions} transitions`, usage.transitions * prices.transition],
    [
      'CloudWatch',
      `${usage.metrics} metrics, ${usage.calls['DescribeAlarms'] ?? 0} DescribeAlarms`,
      usage.metrics * prices.metric + (usage.calls['DescribeAlarms'] ?? 0) * prices.alarmRequest,
    ],
    [
      'DynamoDB *',
      `${usage.writeUnits} write, ${usage.readUnits} read units`,
      usage.writeUnits * prices.writeUnit + usage.readUnits * prices.readUnit,
    ],
    ['Lambda *', `${usage.invocations} invocations at 256 MB, ${functionSeconds} s`, compute],
    ['EventBridge *', `${usage.calls['PutEvents'] ?? 0} events`, (usage.calls['PutEvents'] ?? 0) * prices.event],
    ['own metrics *', `${usage.metricHours} metric hours`, usage.metricHours * prices.metricHour],
    ['X-Ray *', `${traces} traces at most`, traces * prices.trace],
  ]
}

const priceOfRelease = (usage: Usage): number => costsOf(usage).reduce((total, [, , amount]) => total + amount, 0)

const costRows = (usage: Usage): (readonly [string, string, string])[] => [
  ...costsOf(usage).map(([what, how, amount]) => [what, how, dollars(amount)] as const),
  ['all', 'aim: under $0.005, set before there were own metrics and traces', dollars(priceOfRelease(usage))],
]

const release = await measureRelease()
table(
  `A good release in 4 steps of 5 minutes (${release.minutes} minutes with the settle time of CloudWatch)`,
  ['service', 'use', 'list price'],
  costRows(release),
)
console.log('  * price or duration remembered, not read in a source')
table(
  'Its AWS calls by kind',
  ['call', 'times'],
  Object.entries(release.calls).sort(([, a], [, b]) => b - a),
)
table(
  'Its state transitions by state',
  ['state', 'entered'],
  Object.entries(release.states).sort(([, a], [, b]) => b - a),
)

const features = await measureFeatures()
table(
  'The same release with one thing more in its definition',
  [
    'what',
    'minutes',
    'transitions',
    'invocations',
    'metrics',
    'write units',
    'read units',
    'calls besides',
    'list price',
  ],
  features.map(({ what, usage, calls }) => [
    ...[what, usage.minutes, usage.transitions, usage.invocations, usage.metrics],
    ...[Math.round(usage.writeUnits), Math.round(usage.readUnits), calls, dollars(priceOfRelease(usage))],
  ]),
)
console.log(
  '  * not in it: the environments that are provisioned (docs/concurrency.md), the looks of the watch (docs/watch.md),\n    a shadow, whose 200 events cost about what 600 requests cost (docs/shadow.md)',
)

const back = await measureWayBack(20)
table(
  'From the alarm event to the alias restored',
  ['who', 'calls', 'time', 'how'],
  [
    [
      'tidegate',
      `${back.calls.length} (${back.calls.join(', ')})`,
      `${back.medianMs.toFixed(1)} ms, median of ${back.runs}`,
      'event; measured on the embedded cloud, no network',
    ],
    ['Flagger', 'not documented', '60 s to 10 min', 'polls: interval x threshold, defaults 60 s x 1, docs 60 s x 10'],
    ['Argo Rollouts', 'not documented', '5 to 20 min', 'polls: docs example every 5 min, fails when failures > 3'],
    ['CodeDeploy, CodePipeline', 'not documented', 'not documented', 'alarm, then a new deployment to the old version'],
    ['aws-lambda-deploy', '-', 'at the next step', 'looks only after its wait; no alarm path'],
  ],
)

tableOfRollback(await measureRollback(5))

const priceOf = ({ invocations, metrics, writeUnits, readUnits }: Ledger): number =>
  metrics * prices.metric + writeUnits * prices.writeUnit + readUnits * prices.readUnit + lambdaPrice(invocations)
const ledgers = { '5m': await measureLedger('5m'), '1h': await measureLedger('1h') }
table(
  'The ledger of one SLO of one service, a month',
  ['counted every', 'metrics', 'write units', 'read units', 'invocations, shared by all', 'list price', 'aim'],
  (['5m', '1h'] as const).map((every) => {
    const { metrics, writeUnits, readUnits, invocations } = ledgers[every]
    const aim = every === '5m' ? 'under $0.25' : 'under $0.02'
    return [every, metrics, writeUnits, readUnits, invocations, dollars(priceOf(ledgers[every])), aim]
  }),
)

const live = await measureLive()
table(
  'What a good release in 4 steps of 5 minutes adds to it: a count at every look, and its charge',
  ['metrics', 'write units', 'read units', 'invocations', 'list price'],
  [[live.metrics, live.writeUnits, live.readUnits, live.invocations, dollars(priceOf(live))]],
)

const bake = await measureBake(24)
table(
  'A bake of 24 hours with a look a minute; before looks read on from the last one it was 1.74 million read units',
  ['looks', 'read units', 'write units', 'calls of DynamoDB'],
  [[bake.looks, bake.readUnits, bake.writeUnits, bake.calls]],
)

const among = [await measureAmong(10), await measureAmong(200), await measureAmong(10_000)]
table(
  'Read units among so many services; before they were found by their keys a look cost 68, 656 and 3,276 at 200, 2,000 and 10,000',
  ['services', 'a look and the count of the budget', 'an artifact, until its release waits', "a minute's sweep"],
  among.map((one) => [one.services, one.lookUnits, one.artifactUnits, one.sweepUnits]),
)

const crowd = await measureCrowd(2000)
table(
  'Releases asked for within a minute, on the limits of one partition; 1,565 of 2,000 were lost when each read all that were open',
  ['releases', 'ended', 'minutes', 'throttled by DynamoDB', 'control plane calls a second, at most', 'calls each'],
  [
    [
      crowd.releases,
      JSON.stringify(crowd.outcomes),
      Math.round(crowd.minutes),
      crowd.throttled,
      crowd.controlPlane,
      crowd.callsEach,
    ],
  ],
)

const calm = await measureFlood({ whileLive: 'queue' }, 0, [])
const deep = await measureFlood({ whileLive: 'queue', waitingMost: 1000 }, 1002, [11, 101, 1000, 1002])
const flood = await measureFlood({ whileLive: 'queue' }, 10_000, [11, 50, 100, 1000, 10_000])
const newest = await measureFlood({ whileLive: 'coalesce' }, 1000, [10, 100, 1000])
table(
  'One more request for a service, by how many wait; an urgent one among 20 took 7,863 calls, one among 200 took 218',
  ['policy.whileLive', 'wait', 'is', 'calls', 'read units', 'write units'],
  [...deep.each, ...flood.each, ...newest.each].map((one) => [
    ...[one.policy, one.waiting, one.answer, one.calls, one.readUnits, one.writeUnits],
  ]),
)
table(
  'A rollback of the live release; with 1,000 waiting it took 2,258 calls until the next one had begun',
  ['requests before', 'wait', 'calls until the alias is back', 'until the next one has begun', 'calls of a sweep'],
  [calm, flood, deep, newest].map(({ back: one }) => [
    ...[one.requests, one.waiting, one.callsToAlias, one.waiting === 0 ? '-' : one.callsToNext, one.sweepCalls],
  ]),
)
const { all } = flood
console.log(
  `  10,000 requests, of which 50 wait: ${all.calls} calls, ${all.readUnits} read and ${all.writeUnits} write units`,
)

const pages = await measureReleasePage(40)
table(
  'The page of a release from its log, in processor time',
  ['what', 'events', 'first ms', 'median ms', 'kB', 'aim'],
  pages.map(({ what, events, firstMs, medianMs, kB }) => [
    ...[what, events, firstMs.toFixed(1), medianMs.toFixed(1), kB.toFixed(1)],
    what === 'with another policy' ? '-' : 'under 20 ms',
  ]),
)

table(
  'The page of all services, from what was read to the HTML',
  ['services', 'ms', 'kB'],
  [measurePages(10), measurePages(300)].map(({ services, milliseconds, bytes }) => [
    services,
    milliseconds.toFixed(1),
    Math.round(bytes / 1024),
  ]),
)

const bundles = await measureBundles()
table(
  'The functions as bundles (esbuild, minified, ESM, arm64 target; cold start on this machine, Node 24)',
  ['function', 'kB', 'import ms', 'first call ms', 'SDK clients'],
  bundles.map((one) => [
    one.verb,
    Math.round(one.bytes / 1024),
    Math.round(one.importMs),
    Math.round(one.firstCallMs),
    one.clients.join(', '),
  ]),
)
