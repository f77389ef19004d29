// Where a release stands, in one sentence for somebody who has just woken up: its state, why, what happens next and when.
import { formatDuration } from '../../duration.ts'
import { nameWords, oneLine, quoted } from '../../foreign-text.ts'
import { askDueMs, beginPoint, gatePoint, heldNow } from '../../release/gating.ts'
import type { Outcome } from '../../release/event.ts'
import { isOwn, outcomeWords, whyWords } from '../../release/head.ts'
import { bakeEndMs, currentHook, nextAct } from '../../release/next.ts'
import { candidateShareBp, hasTraffic, type Held, type Release, weightAt } from '../../release/release.ts'
import { candidateName, clockWords, percentWords, stableName } from './moment.ts'
import type { Tone } from './told.ts'

export type Now = { readonly state: string; readonly tone: Tone; readonly sentence: string }

const becauseMost = 240

/** Without the full stop that somebody's words may end with. */
const open = (words: string): string => oneLine(words, becauseMost).replace(/\.$/, '')

export function nowOf(release: Release, nowMs: number): Now {
  const { state, paused } = release
  const held = heldNow(release)
  if (state.phase === 'settled') return ended(release, state.atMs, nowMs)
  if (state.phase === 'returning' || state.phase === 'settling') return ending(release)
  if (paused !== undefined) return pausedNow(release, paused, nowMs)
  if (held !== undefined) return heldAt(release, held, nowMs)
  switch (state.phase) {
    case 'requested':
      return { state: 'waiting', tone: 'hold', sentence: 'It waits to begin: no traffic has moved.' }
    case 'queued':
      return {
        state: 'waiting',
        tone: 'hold',
        sentence: `It waits behind release ${state.behind}, and begins when that has ended: no traffic has moved.`,
      }
    case 'preparing':
      return {
        state: 'preparing',
        tone: 'plain',
        sentence:
          state.beginsAtMs !== undefined && state.beginsAtMs > nowMs
            ? `It begins at ${clockWords(state.beginsAtMs, nowMs)}, after releases of other services: no traffic has moved.`
            : 'Aliases, versions, alarms and gates are checked now: no traffic has moved.',
      }
    case 'hooks':
      return inHook(release, nowMs)
    case 'shifting':
      return {
        state: 'shifting',
        tone: 'plain',
        sentence: `${candidateName(release)} is about to get ${percentWords(weightAt(release, state.step))} of the traffic.`,
      }
    case 'baking':
      return baking(release, state.step, nowMs)
  }
}

const endTones: Readonly<Record<Outcome, Tone>> = {
  promoted: 'good',
  alreadyReleased: 'good',
  rolledBack: 'bad',
  interrupted: 'bad',
  aborted: 'plain',
  superseded: 'plain',
  rejected: 'hold',
}

function ended(release: Release, endMs: number, nowMs: number): Now {
  const { ending, shifts } = release
  if (ending === undefined)
    return { state: 'ended', tone: 'plain', sentence: `It ended at ${clockWords(endMs, nowMs)}.` }
  const { outcome } = ending
  const where =
    shifts.length > 0 && (outcome === 'rolledBack' || outcome === 'aborted' || outcome === 'superseded')
      ? ` All traffic is on ${stableName(release)} again.`
      : ''
  return {
    state: outcomeWords[outcome],
    tone: endTones[outcome],
    sentence: `${nameOf(outcome)} at ${clockWords(endMs, nowMs)}: ${oneLine(whyWords(ending), 500).replace(/\.$/, '')}.${where}`,
  }
}

const nameOf = (outcome: Outcome): string => outcomeWords[outcome].replace(/^./, (first) => first.toUpperCase())

function ending(release: Release): Now {
  const why = release.ending === undefined ? '' : `: ${open(whyWords(release.ending))}`
  if (release.state.phase === 'returning')
    return {
      state: 'going back',
      tone: 'bad',
      sentence: `All traffic is being put back on ${stableName(release)}${why}.`,
    }
  const outcome = release.ending?.outcome
  const word = outcome === undefined ? 'ended' : outcomeWords[outcome]
  return {
    state: `${word}, settling`,
    tone: outcome === undefined ? 'plain' : endTones[outcome],
    sentence: `It is over (${word}${why}). What it held is let go now; the next release can begin after that.`,
  }
}

/** `Version 13 keeps 10 % of the traffic`, or that none has moved. */
const stays = (release: Release): string =>
  hasTraffic(release)
    ? `${candidateName(release)} keeps ${percentWords(candidateShareBp(release))} of the traffic, and bad evidence still puts it back`
    : 'No traffic has moved'

function pausedNow(release: Release, paused: NonNullable<Release['paused']>, nowMs: number): Now {
  const untilMs = paused.atMs + release.service.policy.hold.pausedSeconds * 1000
  const who = /^(policy|signals)\./.test(paused.by) ? paused.by : nameWords(paused.by)
  const why =
    who === paused.by && !isPerson(paused.by) ? open(paused.reason) : quoted(paused.reason, undefined, becauseMost)
  return {
    state: 'paused',
    tone: 'hold',
    sentence: `Paused by ${who} since ${clockWords(paused.atMs, nowMs)}: ${why}. ${stays(release)}. Nothing goes on until somebody resumes it; at ${clockWords(untilMs, nowMs)} it is put back.`,
  }
}

const isPerson = (by: string): boolean => !isOwn(by) && !/^(policy|signals)\./.test(by)

const pointWords = (release: Release): string => {
  const point = gatePoint(release)
  if (point === undefined || point === beginPoint) return 'before it begins'
  return release.service.plan.steps[point] === undefined
    ? 'before it is promoted'
    : `before ${percentWords(weightAt(release, point))}`
}

function heldAt(release: Release, held: Held, nowMs: number): Now {
  const due = askDueMs(release)
  const untilMs = held.sinceMs + release.service.policy.hold.gatedSeconds * 1000
  return {
    state: 'held at a gate',
    tone: 'hold',
    sentence: `Held ${pointWords(release)} since ${clockWords(held.sinceMs, nowMs)}: ${open(held.because)}. ${stays(release)}. The gates are asked again ${due <= nowMs ? 'now' : `at ${clockWords(due, nowMs)}`}; at ${clockWords(untilMs, nowMs)} it is given up.`,
  }
}

function inHook(release: Release, nowMs: number): Now {
  const { state } = release
  const hook = currentHook(release)
  const name = hook?.functionName ?? 'a hook'
  if (state.phase !== 'hooks' || state.calledAtMs === undefined)
    return { state: 'hook', tone: 'plain', sentence: `Hook ${name} is called next.` }
  const endMs = state.calledAtMs + (hook?.timeoutSeconds ?? 0) * 1000
  return {
    state: 'hook',
    tone: 'plain',
    sentence: `It waits for hook ${name} (${state.point}), which has to answer until ${clockWords(endMs, nowMs)}.`,
  }
}

function baking(release: Release, step: number, nowMs: number): Now {
  const { plan } = release.service
  const share = `${candidateName(release)} has ${percentWords(candidateShareBp(release))} of the traffic, step ${step + 1} of ${plan.steps.length}.`
  const endMs = bakeEndMs(release) ?? nowMs
  const after =
    step + 1 >= plan.steps.length ? 'it is promoted' : `it gets ${percentWords(weightAt(release, step + 1))}`
  const isOver = endMs <= nowMs
  const next = isOver
    ? overdue(release, endMs, nowMs, after)
    : `At ${clockWords(endMs, nowMs)} ${after}, if the evidence is enough.`
  return {
    state: isOver ? 'holding' : 'baking',
    tone: isOver ? 'hold' : 'plain',
    sentence: [share, evidenceWords(release), next, nextLook(release, nowMs)].join(' ').trim(),
  }
}

function evidenceWords({ verdict }: Release): string {
  if (verdict === undefined) return 'Nobody has looked at the evidence yet.'
  if (verdict.kind === 'pass') return 'The evidence is good so far.'
  if (verdict.kind === 'fail') return `The evidence is bad: ${open(verdict.because)}.`
  const unknown = verdict.signals.filter((one) => one.kind === 'unknown' && one.advisory !== true)
  const [first] = unknown
  if (verdict.quiet || first === undefined || unknown.length === 1) return `Not known yet: ${open(verdict.because)}.`
  return `Whether it is good is not known yet for ${unknown.length} of ${verdict.signals.length} signals: ${open(first.because)}.`
}

function overdue({ service, verdict }: Release, endMs: number, nowMs: number, after: string): string {
  const { hold, whenHeldTooLong } = service.policy
  const limit = verdict?.quiet === true ? hold.quietSeconds : hold.unknownSeconds
  const then = whenHeldTooLong === 'pause' ? 'it is paused' : 'it is put back'
  return `The step was over at ${clockWords(endMs, nowMs)}: as soon as the evidence is enough, ${after}; after ${formatDuration(limit)} without that, at ${clockWords(endMs + limit * 1000, nowMs)}, ${then}.`
}

function nextLook(release: Release, nowMs: number): string {
  const act = nextAct(release, nowMs)
  if (act.act === 'judge') return 'The next look is due now.'
  return act.act === 'bake' ? `The next look is at ${clockWords(nowMs + act.seconds * 1000, nowMs)}.` : ''
}
