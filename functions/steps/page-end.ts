// Pages a person about an ending that nobody asked for. Once per release, as soon as the ending is decided.
import { endPage, isToBeTold } from '../../core/release/pages.ts'
import { Problem } from '../../core/problem.ts'
import { type Loaded, record } from './log.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'pager' | 'log'>

/**
 * A failing SNS topic must not block the service's next release, nor fail a promoted one. The sweep pages again.
 * @returns `told`: true when no page is left to send
 */
export async function tell(deps: Deps, loaded: Loaded): Promise<Loaded & { readonly told: boolean }> {
  const { release } = loaded
  if (!isToBeTold(release)) return { ...loaded, told: true }
  try {
    await deps.pager.page(endPage(release), release.service.planned)
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
