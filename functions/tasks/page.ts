// An alias could not be put back: a person is told what to do by hand, before anything else, and with the log or without it. The
// execution goes on trying.
import { Problem } from '../../core/problem.ts'
import { isReturning, isSettled } from '../../core/release/release.ts'
import { notBackPage, notBackSentence } from '../../core/release/pages.ts'
import { returnRecordOf } from '../../core/release/return-record.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { taskInput } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'pager' | 'log'>

export function pageHandler(deps: Deps) {
  return async (event: unknown): Promise<{ readonly sentence: string }> => {
    const input = taskInput(event)
    const { releaseId, error } = input
    const cause = (error?.Cause ?? 'no cause was given').slice(0, 700)
    const because = `${error?.Error ?? 'an error without a name'}: ${cause}`
    const loaded = await loadOrLog(deps, releaseId)
    const known = (loaded === undefined ? undefined : returnRecordOf(loaded.release)) ?? input.record ?? undefined
    const sentence = notBackSentence(releaseId, known)
    if (loaded !== undefined && isSettled(loaded.release)) return { sentence }
    deps.log({ message: sentence, releaseId, because })
    await deps.pager.page(notBackPage(releaseId, known, because))
    if (loaded !== undefined) await note(deps, loaded, because)
    return { sentence }
  }
}

/** A page never waits for the table. */
async function loadOrLog(deps: Deps, releaseId: string): Promise<Loaded | undefined> {
  try {
    return await load(deps, releaseId)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, releaseId })
    return undefined
  }
}

/** That it is in the log, too, is worth no second page. */
async function note(deps: Deps, loaded: Loaded, because: string): Promise<void> {
  try {
    await record(deps, loaded, (now) =>
      isReturning(now) ? { type: 'returnFailed', atMs: deps.clock.nowMs(), because } : undefined,
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, releaseId: loaded.release.id })
  }
}
