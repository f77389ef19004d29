// Orders alone, without the table: `rollback` loads no more than this before it calls the controller.
import { STSClient } from '@aws-sdk/client-sts'
import type { Backend } from './backend.ts'
import { orderAt } from './door.ts'
import { networkLimits } from './network-limits.ts'

/** The embedded cloud serves the API at its own address. STS is asked nothing: its client is the smallest with credentials. */
export function orderOnAws(environment: Readonly<Record<string, string | undefined>>): Backend['order'] {
  const { config } = new STSClient({ requestHandler: networkLimits })
  const api = environment['TIDEGATE_API'] ?? environment['AWS_ENDPOINT_URL']
  return orderAt(api, config, environment['TIDEGATE_IDEMPOTENCY_KEY'])
}
