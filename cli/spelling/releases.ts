// Starting a release, and looking at releases: live ones, ended ones, and every decision of one.
import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { quoted } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'
import type { Cli, Surroundings } from '../backend/surroundings.ts'
import { versionsOf } from '../orders/named-versions.ts'
import type { WatchOptions } from '../commands/watch.ts'

const verbs = () => import('../commands/verbs.ts')

type Shared = { readonly json?: boolean }
type LogOptions = Shared & { verify?: boolean; announced?: string; copy?: string }
type ReleaseOptions = Shared & {
  version?: string
  versions?: string[]
  object?: string
  objectVersion?: string
  image?: string
  plan?: string
  commit?: string
  committedAt?: string
  build?: string
  author?: string
  reason?: string
  fixes?: string
  requestId?: string
  urgent?: boolean
  bolder?: boolean
  watch?: boolean
  dryRun?: boolean
  every: number
}

export function addReleases(program: Command, surroundings: Surroundings): void {
  addRelease(program, surroundings)
  addLooks(program, surroundings)
}

function addRelease(program: Command, { cli, run, positive, pause }: Surroundings): void {
  program
    .command('release <service>')
    .description('start a release of a published version, or of an artifact that the definition names')
    .option(
      '--version <version>',
      'the version, if the service has one target; `latest`: the newest published one of each target',
    )
    .option('--versions <pairs...>', 'FUNCTION=VERSION for each target')
    .option('--object <uri>', 's3://BUCKET/KEY: make a version of this package; needs --object-version')
    .option('--object-version <id>', 'its version-id')
    .option('--image <uri>', 'REGISTRY/REPOSITORY@sha256:...: make a version of this image')
    .option('--plan <name>', 'use another plan for this release, such as AllAtOnce or Canary10Percent5Minutes')
    .option('--commit <sha>', 'its commit')
    .option('--committed-at <time>', 'when the commit was made, such as 2026-03-01T09:30:00Z')
    .option('--build <id>', 'its build')
    .option('--author <name>', 'its author')
    .option('--reason <text>', 'why')
    .option('--fixes <release>', 'the forward fix of this release, which is frozen past a one-way step')
    .option('--request-id <id>', 'repeat the call with the same id to get the same release')
    .option('--urgent', 'a security fix: ignores calendar, group and budget, and uses the urgent plan; needs --reason')
    .option('--bolder', 'allow a plan that gives more traffic, or sooner, than that of the service: a right of its own')
    .option('--dry-run', 'say what would happen, and change nothing; ends with 1 if it would be refused or would wait')
    .option('--watch', 'follow it to its end; the exit code says how it ended')
    .option('--every <seconds>', 'how often to look while watching', positive, 2)
    .option('--json', 'print one JSON document per line')
    .addHelpText(
      'after',
      '\nExamples:\n  tidegate release checkout --version 42 --watch\n  tidegate release checkout --version latest --dry-run\n  tidegate release shop --versions cart=7 checkout=42 --plan Canary10Percent15Minutes',
    )
    .action(
      run(async (service: string, { urgent, bolder, watch, every, json, dryRun, ...named }: ReleaseOptions) => {
        const start = await cli({ json: json === true })
        const call = named.version === 'latest' ? await latestOf(start, service, callOf(named)) : callOf(named)
        if (dryRun === true)
          return (await import('../orders/dry-run.ts')).dryRun(start, service, {
            ...imagined(call),
            ...(urgent === true ? { urgent } : {}),
            ...(bolder === true ? { bolder } : {}),
          })
        // A security fix does not wait for the answer to a question.
        if (urgent !== true) await (await import('../orders/dry-run.ts')).checkVersions(start, service, imagined(call))
        const route = urgent === true ? 'start-urgent' : bolder === true ? 'start-bolder' : 'start'
        const { startRelease } = await verbs()
        return startRelease(start, { route, service, call }, watch === true ? following(every, pause) : undefined)
      }),
    )
}

type Named = Omit<ReleaseOptions, 'json' | 'urgent' | 'bolder' | 'watch' | 'every' | 'dryRun'>

/** A repeated command without an id of its own is a new request. */
const callOf = ({ version, versions, object, objectVersion, image, requestId = randomUUID(), ...rest }: Named) => ({
  source: 'cli',
  ...rest,
  ...(versions === undefined ? {} : { versions: versionsOf(versions) }),
  ...artifactOf(object, objectVersion, image),
  ...(version === undefined ? {} : { version }),
  requestId,
})

/** What a release is made of; who asks and why makes no difference. */
const imagined = (call: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(call).filter(
      ([name, said]) => said !== undefined && ['version', 'versions', 'artifact', 'plan'].includes(name),
    ),
  )

/** The version is said in the call, so that whoever repeats it asks for the same. */
async function latestOf({ backend, screen }: Cli, name: string, { version: _, ...call }: Record<string, unknown>) {
  const { newestVersions } = await import('../orders/latest.ts')
  const { functionFactsOnAws } = await import('../backend/function-facts.ts')
  const versions = await newestVersions(functionFactsOnAws(), await backend.services.get(name))
  const words = Object.entries(versions).map(([target, version]) => `${target}:${version}`)
  screen.note(`The newest published version: ${words.join(', ')}.`)
  return { ...call, versions }
}

function addLooks(program: Command, { cli, run, positive, pause }: Surroundings): void {
  program
    .command('status [service]')
    .description('show live releases: traffic split, evidence and time left')
    .option('--json', 'as JSON')
    .action(
      run(async (service: string | undefined, options: Shared) =>
        (await verbs()).showStatus(await cli(options), service),
      ),
    )

  program
    .command('watch <service>')
    .description('follow the live or latest release of a service, or a release by its id, to its end')
    .option('--every <seconds>', 'how often to look', positive, 2)
    .option('--json', 'print one JSON document per event')
    .action(
      run(async (which: string, options: Shared & { every: number }) =>
        (await verbs()).watchRelease(await cli(options), which, following(options.every, pause)),
      ),
    )

  program
    .command('history <service>')
    .description('list the releases that have ended, newest first')
    .option('--limit <n>', 'how many', positive, 20)
    .option('--json', 'as JSON')
    .action(
      run(async (service: string, options: Shared & { limit: number }) =>
        (await verbs()).showHistory(await cli(options), service, Math.ceil(options.limit)),
      ),
    )

  program
    .command('log <release>')
    .description('show every decision of a release, and why')
    .option('--verify', 'recompute the hashes that its events carry, and name the first event that does not fit')
    .option(
      '--announced <hash>',
      'with --verify: compare with the logHash of an event "Release Settled" that you have kept',
    )
    .option('--copy <bucket>', "with --verify: compare with the copy in this bucket (the stack's output LogCopyBucket)")
    .option('--json', 'print one JSON document per event')
    .addHelpText('after', '\nWith --verify it ends with 1 when the log is not as it was written.')
    .action(
      run(async (which: string, { verify, announced, copy, ...options }: LogOptions) => {
        if ((announced ?? copy) !== undefined && verify !== true)
          throw new Problem('call_invalid', `${announced === undefined ? '--copy' : '--announced'} is for --verify.`)
        if (verify !== true) return (await verbs()).showLog(await cli(options), which)
        const copies = copy === undefined ? undefined : await copiesIn(copy)
        const { verify: verifyLog } = await import('../commands/verify-log.ts')
        return verifyLog(await cli(options), which, { announced, copies })
      }),
    )
}

const copiesIn = async (bucket: string) => (await import('../backend/kept-copies.ts')).copiesOnAws(process.env, bucket)

const following = (everySeconds: number, pause: Surroundings['pause']): WatchOptions => ({
  everyMs: everySeconds * 1000,
  pause,
  evidence: true,
  live: true,
})

function artifactOf(object: string | undefined, versionId: string | undefined, uri: string | undefined): object {
  if ((object === undefined) !== (versionId === undefined))
    throw new Problem('call_invalid', '--object and --object-version belong together.')
  if (object === undefined) return uri === undefined ? {} : { artifact: { kind: 'image', uri } }
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(object) ?? []
  if (bucket === undefined) throw new Problem('call_invalid', `${quoted(object)} is not s3://BUCKET/KEY.`)
  if (uri !== undefined) throw new Problem('call_invalid', 'Give either --object or --image.')
  return { artifact: { kind: 's3', bucket, key, versionId } }
}
