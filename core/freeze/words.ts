// What people are told who want back what cannot go back.
import { quoted } from '../foreign-text.ts'
import { Problem } from '../problem.ts'
import type { Release } from '../release/release.ts'

/** The command that releases a forward fix. */
export const fixCommand = (service: string, releaseId: string): string =>
  `tidegate release ${service} --version VERSION --fixes ${releaseId}`

/** Why a live release is not put back. */
export const noWayBack = ({ id, service, oneWay, frozen }: Release): Problem =>
  new Problem(
    'one_way_passed',
    `Release ${id} of ${service.name} has passed a one-way step (${quoted(oneWay?.reason ?? '')}), and nothing goes back behind it. ${
      frozen === undefined
        ? 'It goes on, and may be paused.'
        : `It is frozen. Its forward fix: ${fixCommand(service.name, id)}`
    }`,
  )

/** Why nobody lets it go on, or promotes it: its forward fix has the lease. */
export const fixIsUnderWay = ({ id, service, frozen }: Release): Problem =>
  new Problem(
    'verb_not_now',
    `Release ${id} of ${service.name} is frozen, and its forward fix, release ${frozen?.fix ?? ''}, is being prepared: end that one first.`,
  )

type Passed = { readonly releaseId: string; readonly service: string; readonly oneWay: { readonly reason: string } }

/** Why a service does not go back behind a release that has ended. */
export const noWayBehind = ({ releaseId, service, oneWay }: Passed): Problem =>
  new Problem(
    'one_way_passed',
    `Release ${releaseId} of ${service} has passed a one-way step (${quoted(oneWay.reason)}), and nothing goes back behind it: release a version that can live with that.`,
  )
