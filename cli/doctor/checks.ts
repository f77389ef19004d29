// All checks of `tidegate doctor`, in the order in which they run. Add a new check here.
import { Problem } from '../../core/problem.ts'
import type { Check } from './account.ts'
import { serviceAlarms } from './alarms.ts'
import { bucketEvents, bucketVersions, repositoryPolicies } from './artifacts.ts'
import { consumers } from './consumers.ts'
import { codeStorage, concurrency, controllerFunctions, logGroups, rules } from './installation.ts'
import { keptEvents } from './kept-events.ts'
import { healthAlarms, subscriptions } from './pages.ts'
import { prometheus } from './prometheus.ts'
import { readinessChecks } from './readiness.ts'
import { rights } from './rights.ts'
import { scaling } from './scaling.ts'
import { sharedAliases, storedServices } from './stored-services.ts'
import { aliases } from './targets.ts'
import { trails } from './trail.ts'

export const checks: readonly Check[] = [
  controllerFunctions,
  storedServices,
  sharedAliases,
  rules,
  subscriptions,
  healthAlarms,
  keptEvents,
  aliases,
  serviceAlarms,
  scaling,
  consumers,
  prometheus,
  bucketEvents,
  bucketVersions,
  repositoryPolicies,
  trails,
  rights,
  concurrency,
  logGroups,
  codeStorage,
]

/** @throws Problem `call_invalid` for an unknown check */
export function chosen(ids: readonly string[]): readonly Check[] {
  const all = [...checks, ...readinessChecks]
  return ids.map((id) => {
    const check = all.find((one) => one.id === id)
    if (check !== undefined) return check
    throw new Problem('call_invalid', `There is no check ${id}. There are ${all.map((one) => one.id).join(', ')}.`)
  })
}
