// Where a release stands, for people: its state, why, what comes next and when, and what a person may type.
import { formatDuration } from '../../core/duration.ts'
import { nameWords, quoted } from '../../core/foreign-text.ts'
import { askDueMs, beginPoint, gatePoint, heldNow } from '../../core/release/gating.ts'
import { bakeEndMs, currentHook } from '../../core/release/next.ts'
import { ownerWords } from '../../core/owner.ts'
import { candidateShareBp, type Release, weightAt } from '../../core/release/release.ts'
import { isOwn, whyWords } from '../../core/release/head.ts'
import type { Line, Tone } from '../backend/line.ts'
import { endWords, signalLine } from './events.ts'
import { clock } from './moment.ts'
import { bar, planWordsOf } from './weights.ts'

type Now = {
  /** One word, or two. */
  readonly state: string
  readonly tone: Tone
  /** One sentence. */
  readonly words: string
}

const percent = (weightBp: number): string => `${weightBp / 100} %`

/** What happens next once a step is passed. */
function nextStep(release: Release, step: number): string {
  const isLast = step + 1 >= release.service.plan.steps.length
  return isLast ? 'the candidate is promoted' : `the candidate gets ${percent(weightAt(release, step + 1))}`
}

/** A sentence that goes on. */
const open = (sentence: string): string => sentence.replace(/\.$/, '')

const inTime = (ms: number, nowMs: number): string =>
  ms <= nowMs ? 'now' : `in ${formatDuration((ms - nowMs) / 1000)}, at ${clock(ms, nowMs)}`

/** @param nowMs of the cloud in which the release runs */
export function nowOf(release: Release, nowMs: number): Now {
  const { state, paused, ending } = release
  const held = heldNow(release)
  if (state.phase === 'settled' || state.phase === 'settling') return ended(release)
  if (state.phase === 'returning')
    return {
      state: 'going back',
      tone: 'bad',
      words: `Going back to stable: ${ending === undefined ? 'ordered' : open(whyWords(ending))}.`,
    }
  if (paused !== undefined) return pausedNow(release, paused, nowMs)
  if (held !== undefined) return heldAtGate(release, held, nowMs)
  switch (state.phase) {
    case 'requested':
      return { state: 'waiting', tone: 'caution', words: 'Waiting to begin.' }
    case 'queued':
      return { state: 'waiting', tone: 'caution', words: `Waiting: release ${state.behind} goes first.` }
    case 'preparing':
      return preparing(release, state.beginsAtMs ?? 0, nowMs)
    case 'hooks':
      return inHook(release, nowMs)
    case 'shifting':
      return {
        state: 'shifting',
        tone: 'strong',
        words: `The candidate is about to get ${percent(weightAt(release, state.step))}.`,
      }
    case 'baking':
      return baking(release, state.step, nowMs)
  }
}

function ended(release: Release): Now {
  const outcome = release.ending?.outcome
  const isGood = outcome === 'promoted' || outcome === 'alreadyReleased'
  return { state: outcome ?? 'ended', tone: isGood ? 'good' : 'bad', words: `Ended: ${open(endWords(release))}.` }
}

function preparing({ state }: Release, beginsAtMs: number, nowMs: number): Now {
  if (state.phase === 'preparing' && beginsAtMs > nowMs)
    return {
      state: 'waiting',
      tone: 'caution',
      words: `Waiting for releases of other services: it begins ${inTime(beginsAtMs, nowMs)}.`,
    }
  return {
    state: 'preparing',
    tone: 'strong',
    words: 'Preparing: gates, aliases, versions and alarms are checked before any traffic moves.',
  }
}

function inHook(release: Release, nowMs: number): Now {
  const { state } = release
  const hook = currentHook(release)
  const name = hook?.functionName ?? 'a hook'
  if (state.phase !== 'hooks' || state.calledAtMs === undefined)
    return { state: 'hook', tone: 'strong', words: `Hook ${name} is called next.` }
  const endMs = state.calledAtMs + (hook?.timeoutSeconds ?? 0) * 1000
  return {
    state: 'hook',
    tone: 'strong',
    words: `Waiting for hook ${name} (${state.point}) to answer; it has to ${endMs > nowMs ? `within ${formatDuration((endMs - nowMs) / 1000)}` : 'now'}.`,
  }
}

/** As long as it may stay, and what becomes of it then. */
const limitWords = (then: string, endMs: number, policy: string, nowMs: number): string =>
  `It ${then} if it is still so ${inTime(endMs, nowMs)} (policy.hold.${policy}).`
const goesBack = 'goes back to stable'

function pausedNow(release: Release, { by, reason, atMs }: NonNullable<Release['paused']>, nowMs: number): Now {
  const { hold } = release.service.policy
  // The controller pauses under the name of the rule that says so.
  const why = isOwn(by) || /^(policy|signals)\./.test(by) ? open(reason) : quoted(reason)
  return {
    state: 'paused',
    tone: 'caution',
    words: `Paused at ${percent(candidateShareBp(release))} since ${clock(atMs, nowMs)} by ${nameWords(by)}: ${why}. ${limitWords(goesBack, atMs + hold.pausedSeconds * 1000, 'paused', nowMs)}`,
  }
}

function heldAtGate(release: Release, held: NonNullable<Release['held']>, nowMs: number): Now {
  const isFirst = held.point === beginPoint
  const where = isFirst ? 'before it begins' : `before ${percent(weightAt(release, held.point))}`
  // Somebody has answered since: what the gates said is not what they will say.
  if (held.againAtMs === 0)
    return { state: 'at a gate', tone: 'strong', words: `The gates ${where} are asked again now.` }
  const endMs = held.sinceMs + release.service.policy.hold.gatedSeconds * 1000
  return {
    state: 'held',
    tone: 'caution',
    words: [
      `Held at a gate ${where} since ${clock(held.sinceMs, nowMs)}: ${open(held.because)}.`,
      `The gates are asked again ${inTime(askDueMs(release), nowMs)}.`,
      limitWords(isFirst ? 'is rejected' : goesBack, endMs, 'gated', nowMs),
    ].join(' '),
  }
}

function baking(release: Release, step: number, nowMs: number): Now {
  const { verdict, service } = release
  const { hold, whenHeldTooLong } = service.policy
  const at = percent(candidateShareBp(release))
  const endMs = bakeEndMs(release) ?? nowMs
  if (endMs > nowMs || verdict === undefined)
    return {
      state: 'baking',
      tone: 'strong',
      words: `Baking at ${at}, step ${step + 1} of ${service.plan.steps.length}: ${formatDuration((endMs - nowMs) / 1000)} left. Then, if the evidence allows it, ${nextStep(release, step)}.`,
    }
  if (verdict.kind === 'pass')
    return { state: 'passed', tone: 'good', words: `Passed at ${at}. Now ${nextStep(release, step)}.` }
  const seconds = verdict.quiet ? hold.quietSeconds : hold.unknownSeconds
  const then = whenHeldTooLong === 'pause' ? 'is paused' : goesBack
  return {
    state: 'held',
    tone: 'caution',
    words: `Held at ${at}: the bake is over and the evidence is not enough yet: ${open(verdict.because)}. ${limitWords(then, endMs + seconds * 1000, verdict.quiet ? 'quiet' : 'unknown', nowMs)}`,
  }
}

/** What a person may type now, the likeliest first. */
export function nextCommands(release: Release): readonly string[] {
  const { id, state, paused, ending } = release
  const { name } = release.service
  if (state.phase === 'settled' || state.phase === 'settling')
    return ending?.outcome === 'promoted' ? [`tidegate rollback ${name} --reason "..."`] : [`tidegate log ${id}`]
  if (state.phase === 'returning') return [`tidegate watch ${name}`]
  const back = `tidegate rollback ${name} --reason "..."`
  if (state.phase === 'requested' || state.phase === 'queued') return [`tidegate abort ${name} --release ${id}`]
  if (paused !== undefined) return [`tidegate resume ${name}`, back]
  const held = heldNow(release)
  if (held !== undefined) return [...openers(name, held.gates), back]
  if (gatePoint(release) === beginPoint) return [`tidegate watch ${name}`]
  return [back, `tidegate pause ${name} --reason "..."`, `tidegate promote ${name} --reason "..."`]
}

const overridable: readonly string[] = ['window', 'freeze', 'budget', 'burning', 'full']

/** What opens closed gates, as far as a person can. */
function openers(name: string, gates: readonly string[]): readonly string[] {
  if (gates.includes('stop')) return ['tidegate line status']
  if (gates.includes('approvals')) return [`tidegate approve ${name}`, `tidegate decline ${name} --reason "..."`]
  return gates.every((gate) => overridable.includes(gate)) ? [`tidegate override ${name} --reason "..."`] : []
}

/** A release in a few lines. */
export function statusLines(release: Release, nowMs: number): readonly Line[] {
  const { service, verdict } = release
  const { words, state, tone } = nowOf(release, nowMs)
  return [
    { head: [{ text: service.name, tone: 'strong' }, `  ${release.id}  `, { text: state, tone }], rest: [] },
    { head: [`  ${bar(candidateShareBp(release))}   `], rest: [planWordsOf(release)] },
    `  ${words}`,
    ...(verdict === undefined ? [] : verdict.signals.map((signal) => signalLine(signal, '    '))),
    ...(service.owner === undefined ? [] : [`  owner: ${ownerWords(service.owner)}`]),
  ]
}
