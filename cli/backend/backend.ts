// How the command line reaches the controller. It reads the table directly, and calls the controller's API for every change. The
// SDK uses AWS or the embedded cloud, depending on AWS_ENDPOINT_URL.
import type { KeptEvents, Messages } from '../../cloud/ports.ts'
import type { RouteName } from '../../functions/routes.ts'
import type { World } from '../../functions/steps/world.ts'

export type Backend = Pick<
  World,
  | 'journal'
  | 'openReleases'
  | 'history'
  | 'definitions'
  | 'budgets'
  | 'attestations'
  | 'incidents'
  | 'leases'
  | 'line'
  | 'outages'
  | 'observations'
  | 'watches'
  | 'queues'
  | 'waitingLists'
  | 'returns'
  | 'aliases'
  | 'clock'
> & {
  /** Definitions change through the API alone. */
  readonly services: Pick<World['services'], 'get' | 'list'>
  /** What people are told, until it is sent; and the last that was sent. */
  readonly messages: Pick<Messages, 'get' | 'recent'>
  /**
   * Calls a route of the controller's API, signed with the caller's credentials.
   * @param service for a route of one service
   * @param key so that the same order, sent again, is carried out once; default: the one of all orders of a command
   * @throws Problem that the controller answered
   */
  order(
    route: RouteName,
    service: string | undefined,
    body?: Readonly<Record<string, unknown>>,
    key?: string,
  ): Promise<unknown>
}

/** The backend of `tidegate lost`. */
export type LostBackend = {
  readonly kept: KeptEvents
  /** The controller's name, which is the prefix of its functions' names. */
  readonly name: string
}
