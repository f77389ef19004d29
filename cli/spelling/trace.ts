// The command that sends the trace of a release. OpenTelemetry's exporter is loaded by it alone.
import type { Command } from 'commander'
import about from '../../package.json' with { type: 'json' }
import type { Surroundings } from '../backend/surroundings.ts'

type Options = { readonly endpoint?: string; readonly json?: boolean }

export function addTrace(program: Command, { cli, run }: Surroundings): void {
  program
    .command('trace <release>')
    .description('send a release that has ended as an OpenTelemetry trace (OTLP): its steps, looks and orders')
    .option('--endpoint <url>', 'of the receiver, without /v1/traces; default: OTEL_EXPORTER_OTLP_ENDPOINT')
    .option('--json', 'print what was sent as JSON')
    .addHelpText(
      'after',
      '\nHeaders, such as a token, are read from OTEL_EXPORTER_OTLP_HEADERS. Sent again, it is the same trace.\n\nExample:\n  tidegate trace checkout --endpoint https://otlp.example.com',
    )
    .action(
      run(async (which: string, { endpoint, ...options }: Options) =>
        (await import('../otlp/trace.ts')).sendTrace(await cli(options), which, {
          ...{ endpoint, version: about.version, environment: process.env },
        }),
      ),
    )
}
