// What follows from a hook's answer, or from a missing answer.
import { heldTooLong, toHook, turnBack, withState } from './transitions.ts'
import { formatDuration } from '../duration.ts'
import type { ReleaseEvent } from './event.ts'
import { type HookState, isPastOneWay, type Release, type State } from './release.ts'

type HookEvent = Extract<ReleaseEvent, { type: 'hookCalled' | 'hookDeferred' | 'hookAnswered' }>
type Answered = Extract<ReleaseEvent, { type: 'hookAnswered' }>

export function isCurrentHook(state: State, event: HookEvent): state is HookState {
  return (
    state.phase === 'hooks' &&
    state.point === event.point &&
    state.step === event.step &&
    state.index === event.index &&
    state.attempt === event.attempt
  )
}

export function atHook(release: Release, state: HookState, event: HookEvent): Release {
  switch (event.type) {
    case 'hookCalled':
      return withState(release, {
        ...state,
        calledAtMs: event.atMs,
        ...(event.nonceSha256 === undefined ? {} : { nonceSha256: event.nonceSha256 }),
      })
    case 'hookDeferred':
      return withState(release, {
        ...state,
        deferred: true,
        ...(event.said === undefined ? {} : { progress: { atMs: event.atMs, said: event.said } }),
      })
    case 'hookAnswered':
      return hookAnswered(release, state, event)
  }
}

function hookAnswered(release: Release, state: HookState, event: Answered): Release {
  const { calledAtMs: _called, nonceSha256: _nonce, deferred: _deferred, progress: _said, ...rest } = state
  const { callAtMs: _callAt, unknown: _unknown, ...uncalled } = rest
  const following: HookState = { ...uncalled, index: state.index + 1, attempt: 1, sinceMs: event.atMs }
  // After a rollback nothing is left to stop. Whatever the hook answers, the release goes on to its end.
  if (event.answer === 'pass' || state.point === 'afterRollback') return toHook(release, following, event.atMs)
  if (event.answer === 'fail') {
    // Where it may stay after that, whoever goes on calls the hook once more.
    const again = isPastOneWay(release) ? withState(release, { ...uncalled, attempt: state.attempt + 1 }) : release
    return turnBack(again, 'rolledBack', event.because, 'hook', event.atMs)
  }
  const heldSeconds = (event.atMs - state.sinceMs) / 1000
  const next = {
    attempt: state.attempt + 1,
    callAtMs: event.atMs + pauseMs(state.attempt),
    unknown: { atMs: event.atMs, because: event.because },
  }
  if (heldSeconds < release.service.policy.hold.unknownSeconds) {
    return withState(release, { ...uncalled, ...next })
  }
  const again = withState(release, { ...uncalled, ...next, sinceMs: event.atMs })
  return heldTooLong(again, `${event.because}; held for ${formatDuration(heldSeconds)}`, event.atMs)
}

/** The delay before a hook is called again: one minute, doubled each time, up to 15 minutes. */
const pauseMs = (attempt: number): number => 60_000 * Math.min(15, 2 ** (attempt - 1))
