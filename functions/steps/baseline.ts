// Facts about a target that are fixed before anything moves, as the basis of its verdicts: where its durations are cut, what an
// invocation is billed by, and how late its data points may come.
import type { VersionState } from '../../cloud/ports.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import type { Baseline } from '../../core/verdict/evidence/evidence.ts'
import { durationsOf } from './durations.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'telemetry'>

/** @throws Problem `aws_throttled`, `permission_denied` or `aws_unavailable` when CloudWatch cannot be asked at all */
export async function baselineOf(
  deps: Deps,
  service: Service,
  target: AliasPlace,
  versions: { readonly stable: VersionState; readonly candidate: VersionState },
): Promise<Baseline> {
  const { stable, candidate } = versions
  const billing =
    stable.billing === undefined || candidate.billing === undefined
      ? {}
      : { billing: { stable: stable.billing, candidate: candidate.billing } }
  const timeouts = [stable.timeoutSeconds, candidate.timeoutSeconds].filter((seconds) => seconds !== undefined)
  const shortest = timeouts.length === 0 ? undefined : Math.min(...timeouts)
  const timeoutSeconds = Math.max(0, ...timeouts)
  return {
    ...(await durationsOf(deps, service, target, { stable: stable.version, timeoutSeconds: shortest })),
    ...billing,
    ...(timeoutSeconds === 0 ? {} : { timeoutSeconds }),
  }
}
