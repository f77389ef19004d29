// The spelling of `tidegate attest`: what CI says about a candidate.
import { type Command, InvalidArgumentError } from 'commander'
import * as z from 'zod'
import type { Surroundings } from './rehearsal.ts'
import { exitCodes } from './screen.ts'
import type { Cli } from './verbs.ts'

type Attest = {
  json?: boolean
  subject?: string
  service?: string
  version?: string
  by: string
  commit?: string
  committedAt?: string
  tests?: Counts<'passed' | 'failed' | 'skipped'>
  scan?: Counts<'critical' | 'high' | 'medium' | 'low'>
  flags?: string[]
}
type Counts<K extends string> = Readonly<Record<K, number>>

/** `12,0,1` by the names of its places. */
const counts =
  <K extends string>(...names: readonly K[]) =>
  (text: string): Counts<K> => {
    const numbers = text.split(',')
    if (numbers.length !== names.length || !numbers.every((one) => /^\d{1,9}$/.test(one)))
      throw new InvalidArgumentError(`${names.join(',')} are wanted, as whole numbers`)
    return Object.fromEntries(names.map((name, index) => [name, Number(numbers[index])])) as Counts<K>
  }

export function addTestimony(program: Command, { cli, run, me }: Surroundings): void {
  program
    .command('attest')
    .description('say what is known of a candidate: tests, scan findings, feature flags, its commit')
    .option(
      '--subject <name>',
      's3/BUCKET/KEY/VERSION, ecr/REPO@sha256:..., version/FUNCTION:N, commit/SHA, release/ID',
    )
    .option('--service <name>', 'instead of a subject: the service whose one target ...')
    .option('--version <version>', '... has this version')
    .option('--by <name>', 'who says it; the same one replaces what it said before', me())
    .option('--commit <sha>', 'the commit that it was built from')
    .option('--committed-at <time>', 'when that was made, such as 2026-03-01T09:30:00Z')
    .option('--tests <counts>', 'passed,failed,skipped', counts('passed', 'failed', 'skipped'))
    .option('--scan <counts>', 'findings: critical,high,medium,low', counts('critical', 'high', 'medium', 'low'))
    .option('--flags <names...>', 'feature flags that the change is behind')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  tidegate attest --subject commit/4f2a91c --by github --tests 412,0,3 --flags new-cart',
    )
    .action(run(({ json, ...call }: Attest) => attest(cli({ json: json === true }), call)))
}

const Done = z.looseObject({ subjects: z.array(z.string()) })

async function attest({ desk, screen }: Cli, call: Readonly<Record<string, unknown>>): Promise<number> {
  const { subjects } = Done.parse(await desk.ask('attest', call))
  screen.say(`Noted about ${subjects.join(', ')}.`, { subjects })
  return exitCodes.done
}
