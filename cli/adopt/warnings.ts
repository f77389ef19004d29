// What a person should know before a function is released a little at a time: where a canary proves nothing, and what has to be
// changed first. A sentence each. Pure.
import { numberWords, offerFor, percentWords, perMinuteWords } from '../promise/words.ts'
import type { Known } from './facts.ts'

const alarmsMost = 50
const instead =
  'So all traffic moves at once. What guards it: its alarms, what you add, such as a hook that tests the new version before (hooks), and the way back, `tidegate rollback`.'

/** Why no plan is offered; `undefined` where one is, or where nobody knows the traffic. */
export function proveNothing({ usual, isIdle, triggers = [] }: Known): string | undefined {
  if (isIdle === true)
    return `A canary proves nothing here: it had no request in 28 days${scheduleWords(triggers)}. ${instead}`
  if (usual === undefined || offerFor(usual) !== undefined) return undefined
  const { requests, hours, activeShare, rate, planned } = usual
  const perDay = (requests / hours) * 24
  if (planned === 0 && perDay >= 24)
    return `A canary proves nothing here: it works in runs, with requests in ${percentWords(activeShare)} of its hours${scheduleWords(triggers)}. Between them there is nothing to judge, and a run goes nearly whole to one version. ${instead}`
  if (rate > 0.2)
    return `A canary proves nothing here: ${percentWords(rate)} of its requests fail when nothing is wrong, so that a fault does not stand out. ${instead} Mend what fails, and run \`tidegate init\` again.`
  const often =
    perDay < 24
      ? `about ${numberWords(Math.max(1, Math.round(perDay)))} ${Math.round(perDay) <= 1 ? 'request' : 'requests'} a day`
      : perMinuteWords(planned)
  return `A canary proves nothing here: with ${often}${scheduleWords(triggers)}, no plan that ends within a day sees enough requests to tell a bad version from a good one. ${instead}`
}

const scheduleWords = (triggers: NonNullable<Known['triggers']>): string =>
  triggers.some(({ isScheduled }) => isScheduled) ? ', by a schedule' : ''

export function warnings(known: Known): readonly string[] {
  const { functionName, alias, usual, triggers = [], provisioned = [], aliasShare, alarms = [], performance } = known
  const aside = triggers.filter(({ qualifier }) => qualifier === undefined).map(({ words }) => words)
  const elsewhere = triggers.filter(({ qualifier }) => qualifier !== undefined && qualifier !== alias)
  return [
    ...when(
      aside.length > 0,
      `${[...new Set(aside)].join(', ')} may call ${functionName} without an alias. Weights do not reach such calls: they get $LATEST. Let them call ${functionName}:${alias}.`,
    ),
    ...when(
      elsewhere.length > 0,
      `${elsewhere.map(({ words, qualifier = '' }) => `${words} calls ${qualifier}`).join(', ')}: the alias ${alias} does not move that.`,
    ),
    ...when(
      aliasShare !== undefined && aliasShare < 0.9,
      `Only ${percentWords(aliasShare ?? 0)} of its requests came by the alias ${alias}. The others see no canary${(aliasShare ?? 0) === 0 ? ', and the plan is made for all of them, as if they came by it' : ''}.`,
    ),
    ...when(
      provisioned.includes(alias),
      `The alias ${alias} has provisioned concurrency. Lambda refuses weights on it: move it to the version first (docs/deploy.md), and promise it in the definition, so that each release provides it: provisionedConcurrency (docs/concurrency.md). Until then a release is refused (alias_provisioned).`,
    ),
    ...when(
      triggers.some(({ kind, qualifier }) => kind === 'stream' && qualifier === alias),
      'It reads a stream. A request here is a batch: it goes to one version as a whole, and one that fails comes again, to either version. So one bad record looks like a fault of both, and order holds within a shard only while a batch is retried. Report items that fail (ReportBatchItemFailures).',
    ),
    ...when(
      triggers.some(({ kind, qualifier }) => kind === 'queue' && qualifier === alias),
      `It reads a queue. A request here is a batch: all of its messages go to one version${batchWords(usual)}. A batch with failed items counts as a success, and the queue's age and depth have no version: watch them with signals.consumers (docs/consumers.md).`,
    ),
    ...when(
      usual !== undefined && usual.planned > 0 && usual.busyShare < 0.9 && offerFor(usual) !== undefined,
      `In ${percentWords(1 - (usual?.busyShare ?? 0))} of its hours it has much less traffic. A release that is under way then stays in its step until there is enough (policy.hold), or begins later: gates.windows.`,
    ),
    ...when(
      usual !== undefined && usual.hours < 7 * 24,
      `It has been called for less than a week. Run \`tidegate init\` again when more is known.`,
    ),
    ...when(
      performance !== undefined && performance.throttled > 0,
      'It was throttled. Two versions share its concurrency: a release does not mend that.',
    ),
    ...when(
      known.group !== undefined,
      'CodeDeploy moves this alias today. Take its deployment group (with SAM: DeploymentPreference) away before the first release: two that move one alias interrupt each other (docs/adopt.md).',
    ),
    ...when(
      (known.otherAliases ?? []).length > 0,
      `It has other aliases, too: ${(known.otherAliases ?? []).slice(0, 5).join(', ')}.`,
    ),
    ...when(alarms.length > alarmsMost, `It has ${alarms.length} alarms; a definition takes ${alarmsMost}.`),
  ]
}

/** How seldom a small step gets anything at all. */
function batchWords(usual: Known['usual']): string {
  if (usual === undefined || usual.planned <= 0) return ''
  const everyMinutes = Math.max(1, Math.round(100 / usual.planned))
  return `: at ${perMinuteWords(usual.planned)}, a step of 1 % gets one batch in ${everyMinutes} ${everyMinutes === 1 ? 'minute' : 'minutes'}`
}

const when = (is: boolean, words: string): readonly string[] => (is ? [words] : [])
