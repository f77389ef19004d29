// One client for each location of targets: the controller's own account and region, the region in an ARN, the account of a role.
// The SDK caches and renews the credentials of a role.
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { externalIdOf, locate, lookRoleOf, type Place } from '../../core/location.ts'

type Assume = Parameters<typeof fromTemporaryCredentials>[0]
type Elsewhere = { readonly region?: string; readonly credentials?: ReturnType<typeof fromTemporaryCredentials> }

/** Without a place: the client for the controller's own account and region. */
export type ClientAt<Client> = (place?: Place) => Client

/** How roles of other accounts are assumed. */
export type Roles = Omit<Assume, 'params'> & {
  /** Which of the two roles of a target: the one that looks, where there is one, or the one that moves. */
  readonly use: 'look' | 'move'
  /** What CloudTrail calls the sessions. 2 to 64 of the characters that IAM allows in names. */
  readonly session: string
}

/**
 * @param make makes a client, given what differs from the own account and region
 * @param roles besides the above, how to reach STS; without it the SDK finds the region, credentials and endpoint itself
 */
export function clientAt<Client>(
  make: (config: Elsewhere) => Client,
  { use, session, ...assume }: Roles,
): ClientAt<Client> {
  const made = new Map<string, Client>()
  return (place) => {
    const { region } = locate(place?.functionName ?? '')
    const RoleArn = use === 'look' ? lookRoleOf(place ?? {}) : place?.roleArn
    const ExternalId = externalIdOf(place?.service ?? '')
    // Credentials that were given for one service must not serve another one.
    const key = `${region ?? ''} ${RoleArn === undefined ? '' : `${RoleArn} ${ExternalId}`}`
    const known = made.get(key)
    if (known !== undefined) return known
    const params = RoleArn === undefined ? undefined : { RoleArn, RoleSessionName: session, ExternalId }
    const client = make({
      ...(region === undefined ? {} : { region }),
      ...(params === undefined ? {} : { credentials: fromTemporaryCredentials({ ...assume, params }) }),
    })
    made.set(key, client)
    return client
  }
}
