// Services that are registered already. Their definitions say more than Lambda and CloudWatch tell: approvals, hooks, budgets. So
// none is written for them, lest somebody applies it over theirs.
import { isNamed } from '../../cloud/aws/failure.ts'
import { isElsewhere, locate } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import type { Backend } from '../backend/backend.ts'

export type Registered = {
  readonly services: readonly Service[]
  /** What the names of the controller's own functions begin with; absent where there is no controller. */
  readonly prefix?: string
  /** Why nobody knows whether there are any. */
  readonly note?: string
}

export const noneRegistered: Registered = { services: [] }

/** @param prefix the controller's name, which is its table's */
export async function registeredIn({ services }: Pick<Backend, 'services'>, prefix: string): Promise<Registered> {
  try {
    const { items, unreadable } = await services.list()
    const note = `${unreadable.length} registered services cannot be read. Do not apply a definition over theirs.`
    return { services: items, prefix, ...(unreadable.length === 0 ? {} : { note }) }
  } catch (error) {
    // Most people adopt before there is a controller.
    if (isMissing(error)) return noneRegistered
    const because = error instanceof Error ? error.message : String(error)
    return {
      services: [],
      note: `Which services are registered could not be looked up: ${because} Do not apply a definition over one that is.`,
    }
  }
}

const isMissing = (error: unknown): boolean =>
  isNamed(error, 'ResourceNotFoundException') ||
  (error instanceof Problem && isNamed(error.cause, 'ResourceNotFoundException'))

/** The registered service that releases this function of the account and region, by any of its aliases or by one. */
export const serviceOf = ({ services }: Registered, functionName: string, alias?: string): string | undefined =>
  services.find(({ targets }) =>
    targets.some(
      (target) =>
        !isElsewhere(target) &&
        locate(target.functionName).name === locate(functionName).name &&
        (alias === undefined || target.alias === alias),
    ),
  )?.name
