// One client for each location of targets: the controller's own account and region, the region in an ARN, the account of a role.
// The SDK caches and renews the credentials of a role.
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { locate, type Place } from '../../core/location.ts'

type Assume = Parameters<typeof fromTemporaryCredentials>[0]
type Elsewhere = { readonly region?: string; readonly credentials?: ReturnType<typeof fromTemporaryCredentials> }

/** Without a place: the client for the controller's own account and region. */
export type ClientAt<Client> = (place?: Place) => Client

/**
 * @param make makes a client, given what differs from the own account and region
 * @param assume how to reach STS; without it the SDK finds the region, credentials and endpoint itself
 */
export function clientAt<Client>(
  make: (config: Elsewhere) => Client,
  assume: Omit<Assume, 'params'> = {},
): ClientAt<Client> {
  const made = new Map<string, Client>()
  return (place) => {
    const { region } = locate(place?.functionName ?? '')
    const roleArn = place?.roleArn
    const key = `${region ?? ''} ${roleArn ?? ''}`
    const known = made.get(key)
    if (known !== undefined) return known
    const params = roleArn === undefined ? undefined : { RoleArn: roleArn, RoleSessionName: 'tidegate' }
    const client = make({
      ...(region === undefined ? {} : { region }),
      ...(params === undefined ? {} : { credentials: fromTemporaryCredentials({ ...assume, params }) }),
    })
    made.set(key, client)
    return client
  }
}
