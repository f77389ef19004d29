// A person hears of an end that nobody asked for, once, as soon as it is decided.
import { sentenceOf } from '../../core/release/head.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { type Loaded, record } from './log.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'pager' | 'log'>

/** An abort is told when no person has ordered it. */
function isToBeTold({ ending, paged }: Release): boolean {
  if (ending === undefined || paged === true) return false
  if (ending.outcome === 'aborted') return ending.by === 'sweep' || ending.by === 'tidegate'
  return ending.outcome === 'rolledBack' || ending.outcome === 'interrupted'
}

/**
 * A topic that refuses must not keep a service from its next release, nor fail a promoted one. The sweep tells again.
 * @returns `told`: whether nothing is left to be said
 */
export async function tell(deps: Deps, loaded: Loaded): Promise<Loaded & { readonly told: boolean }> {
  const { release } = loaded
  if (!isToBeTold(release)) return { ...loaded, told: true }
  try {
    const { ending, service } = release
    const sentence = sentenceOf(release)
    const lines = [sentence, `Why: ${ending?.because ?? ''}`, `Decided by: ${ending?.by ?? ''}`]
    const links = service.runbook === undefined ? [] : [`Runbook: ${service.runbook}`]
    await deps.pager.page({ subject: sentence.slice(0, 100), text: [...lines, ...links].join('\n') })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, releaseId: release.id })
    return { ...loaded, told: false }
  }
  const after = await record(deps, loaded, (now) =>
    now.paged === true ? undefined : { type: 'paged', atMs: deps.clock.nowMs() },
  )
  return { ...after, told: true }
}
