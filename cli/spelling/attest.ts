// Commands for CI's attestations about a candidate, and for incidents in production.
import { type Command, InvalidArgumentError } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

type Attest = {
  json?: boolean
  subject?: string
  service?: string
  version?: string
  commit?: string
  committedAt?: string
  tests?: Counts<'passed' | 'failed' | 'skipped'>
  scan?: Counts<'critical' | 'high' | 'medium' | 'low'>
  flags?: string[]
  replaces?: string
  bundle?: string
  package?: string
}
type Counts<K extends string> = Readonly<Record<K, number>>

/** Parses numbers such as `12,0,1` into an object with these names. */
const counts =
  <K extends string>(...names: readonly K[]) =>
  (text: string): Counts<K> => {
    const numbers = text.split(',')
    if (numbers.length !== names.length || !numbers.every((one) => /^\d{1,9}$/.test(one)))
      throw new InvalidArgumentError(`${names.join(',')} must be whole numbers, separated by commas`)
    return Object.fromEntries(names.map((name, index) => [name, Number(numbers[index])])) as Counts<K>
  }

export function addAttest(program: Command, { cli, run }: Surroundings): void {
  addIncident(program, { cli, run })
  program
    .command('attest')
    .description('record what is known about a candidate: tests, scan findings, feature flags, its commit')
    .option(
      '--subject <name>',
      's3/BUCKET/KEY/VERSION, ecr/REPO@sha256:..., version/FUNCTION:N, commit/SHA, release/ID',
    )
    .option('--service <name>', 'instead of a subject: a service with exactly one target')
    .option('--version <version>', '... and its version')
    .option('--commit <sha>', 'the commit that it was built from')
    .option('--committed-at <time>', 'when the commit was made, such as 2026-03-01T09:30:00Z')
    .option('--tests <counts>', 'passed,failed,skipped', counts('passed', 'failed', 'skipped'))
    .option('--scan <counts>', 'findings: critical,high,medium,low', counts('critical', 'high', 'medium', 'low'))
    .option('--flags <names...>', 'feature flags that the change is behind')
    .option('--bundle <file>', 'a signed statement: a Sigstore bundle or a DSSE envelope; with --service')
    .option('--package <file>', '... and the package that it is about; an image is named with --subject')
    .option('--replaces <reason>', 'why this takes the place of something worse that you said before; both are kept')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  tidegate attest --service checkout --version 42 --commit 4f2a91c --tests 412,0,3 --flags new-cart',
    )
    .action(
      run(async ({ json, service, ...call }: Attest) => {
        const { attest, attestBundle } = await import('../commands/attest.ts')
        if (call.bundle !== undefined || call.package !== undefined)
          return attestBundle(await cli({ json: json === true }), service, call)
        return attest(await cli({ json: json === true }), service, call)
      }),
    )
}

function addIncident(program: Command, { cli, run }: Pick<Surroundings, 'cli' | 'run'>): void {
  program
    .command('incident <service>')
    .description('record an incident of a service, or of one of its incidents.keys; recording it again replaces it')
    .requiredOption('--id <id>', 'the same id of the same source is the same incident')
    .requiredOption('--opened-at <time>', 'such as 2026-03-01T09:30:00Z')
    .option('--resolved-at <time>', 'when it was resolved')
    .option('--source <name>', 'who says it', 'cli')
    .option('--severity <text>')
    .option('--title <text>')
    .option('--url <address>')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  tidegate incident checkout --id 2026-17 --opened-at 2026-03-01T09:30:00Z')
    .action(
      run(async (service: string, { json, ...call }: { json?: boolean }) => {
        const { tellIncident } = await import('../commands/attest.ts')
        return tellIncident(await cli({ json: json === true }), service, call)
      }),
    )
}
