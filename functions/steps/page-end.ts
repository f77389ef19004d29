// Pages a person about an ending that nobody asked for. Once per release, as soon as the ending is decided.
import { sentenceOf } from '../../core/release/head.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { type Loaded, record } from './log.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'pager' | 'log'>

/** An abort pages only if no person ordered it. */
function isToBeTold({ ending, paged }: Release): boolean {
  if (ending === undefined || paged === true) return false
  if (ending.outcome === 'aborted') return ending.by === 'sweep' || ending.by === 'tidegate'
  return ending.outcome === 'rolledBack' || ending.outcome === 'interrupted'
}

/**
 * A failing SNS topic must not block the service's next release, nor fail a promoted one. The sweep pages again.
 * @returns `told`: true when no page is left to send
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
