// CloudWatch for the commands that read metrics themselves, with the rights of the person who calls. A file of its own, so that
// the other commands do not load its client.
import { CloudWatchClient, type CloudWatchClientConfig } from '@aws-sdk/client-cloudwatch'
import type { Telemetry } from '../../cloud/ports.ts'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { dayMs } from '../../core/time.ts'

export type MetricsBackend = {
  readonly telemetry: Pick<Telemetry, 'read'>
  /** How far the cloud's time may be ahead of this machine's. The embedded cloud's runs faster. */
  readonly aheadMs: number
}

/** @param config for tests; without it the SDK finds region, credentials and endpoint itself */
export function metricsBackendOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  config: CloudWatchClientConfig = {},
): MetricsBackend {
  const isEmbedded = (environment['AWS_ENDPOINT_URL'] ?? '') !== ''
  return {
    telemetry: awsTelemetry(
      clientAt((elsewhere) => new CloudWatchClient({ ...config, ...elsewhere }), {
        use: 'look',
        session: 'tidegate-cli',
      }),
    ),
    aheadMs: isEmbedded ? 30 * dayMs : 0,
  }
}
