// `tidegate verify-account`: asks AWS on a real account what nothing but an account can tell, with things of its own that it
// deletes again. The answers go into a file that docs/aws.md can cite.
import { randomBytes } from 'node:crypto'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../core/problem.ts'
import type { Surroundings } from './rehearsal.ts'
import { exitCodes, type Screen } from './screen.ts'
import type { Experiment } from './verify/experiment.ts'
import type { LabOptions } from './verify/lab.ts'
import type { Result } from './verify/run.ts'

type Verify = {
  readonly json?: boolean
  readonly only?: string[]
  readonly role?: string
  readonly makeRoles?: boolean
  readonly dryRun?: boolean
  readonly policy?: boolean
  readonly cleanUp?: string
  readonly folder: string
}

export function addVerifyAccount(program: Command, { screen, run, pause }: Surroundings): void {
  program
    .command('verify-account')
    .description('ask AWS what only an account can tell, with throw-away things that are deleted again')
    .option(
      '--make-roles',
      'leave to make roles: one for the throw-away function, and one for each right that is asked about',
    )
    .option('--role <arn>', 'a role for the throw-away function that Lambda may assume, instead')
    .option('--only <experiments...>', 'these experiments')
    .option('--dry-run', 'what would be made and asked, and what it costs; nothing is')
    .option('--policy', 'print the IAM policy that the run needs, and end')
    .option('--clean-up <prefix>', 'delete what a run that was killed has left, by its record')
    .option('--folder <path>', 'where the record and the answers go', '.')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
It writes down what it makes before it makes it, and deletes only what has its prefix, its tag and a line in that record.

Exit codes: 0 AWS does what is expected, 1 it does not, or an experiment went wrong, or something could not be deleted,
            2 the call was wrong, 3 AWS refused or did not answer, 130 stopped by you, and everything deleted.

Examples:
  tidegate verify-account --make-roles --dry-run
  tidegate verify-account --make-roles
  tidegate verify-account --only metric-throttles --role arn:aws:iam::111122223333:role/lambda-basic
  tidegate verify-account --clean-up tidegate-verify-1f2e3d4c`,
    )
    .action(
      run(async (options: Verify) => {
        const shown = screen({ json: options.json === true })
        const prefix = options.cleanUp ?? `tidegate-verify-${randomBytes(4).toString('hex')}`
        const endpoint = process.env['AWS_ENDPOINT_URL']
        const common = {
          config: {},
          prefix,
          nowMs: () => Date.now(),
          pause,
          note: (text: string) => shown.note(text),
          folder: options.folder,
          endpoint,
        }
        return verifyAccount(shown, { ...options, ...common })
      }),
    )
}

type Options = Omit<Verify, 'json' | 'folder'> &
  Pick<LabOptions, 'config' | 'prefix' | 'nowMs' | 'pause' | 'note'> & {
    readonly folder: string
    readonly endpoint: string | undefined
  }

/** @returns the exit code. @throws Problem */
export async function verifyAccount(screen: Screen, options: Options): Promise<number> {
  // Its clients are loaded when it is asked for, not with every command.
  const { experiments, chosenExperiments } = await import('./verify/experiments.ts')
  const { policyFor } = await import('./verify/policy.ts')
  if (options.policy === true) {
    const policy = policyFor(options.role)
    screen.say(JSON.stringify(policy, undefined, 2), policy)
    return exitCodes.done
  }
  if (options.cleanUp !== undefined) return cleanUp(screen, options)
  const chosen = options.only === undefined ? experiments : chosenExperiments(options.only)
  if (options.dryRun === true) return foretell(screen, options, chosen)
  if (options.role === undefined && options.makeRoles !== true)
    throw new Problem('call_invalid', 'A throw-away function needs a role: give --make-roles, or --role and its ARN.')
  return runAll(screen, options, chosen)
}

const recordOf = ({ folder, prefix }: Options): string => join(folder, `${prefix}.jsonl`)

const labOptions = (options: Options): LabOptions => ({
  ...options,
  file: recordOf(options),
  roleArn: options.role,
  mayMakeRoles: options.makeRoles === true,
})

async function runAll(screen: Screen, options: Options, chosen: readonly Experiment[]): Promise<number> {
  const { openLab } = await import('./verify/lab.ts')
  const { askAll, tell } = await import('./verify/run.ts')
  const { reportOf } = await import('./verify/report.ts')
  const { isStopped } = await import('./verify/experiment.ts')
  const lab = await openLab(labOptions(options))
  screen.note(`Prefix ${lab.prefix}, region ${lab.region}; what is made is written to ${recordOf(options)}.`)
  const results: Result[] = []
  const asking = askAll(lab, chosen, (result) => {
    results.push(result)
    tell(screen, result)
  }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  )
  const trouble = await asking
  screen.note(
    `Deleting what was made. If this is stopped too: tidegate verify-account --clean-up ${lab.prefix} --folder ${options.folder}`,
  )
  const left = await lab.belongings.deleteAll()
  for (const one of left) screen.note(`left: ${one}`)
  const stopped = isStopped(trouble)
  if (trouble instanceof Error && !stopped) throw trouble
  const report = reportOf({ lab, endpoint: options.endpoint, results, complete: !stopped, left })
  const file = join(options.folder, `${lab.prefix}.json`)
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`)
  const count = (...kinds: readonly string[]): number =>
    results.filter(({ answer }) => kinds.includes(answer.kind)).length
  screen.say(
    `${count('asExpected')} as expected, ${count('learned')} learned, ${count('otherwise')} otherwise, ${count('failed')} failed, ${count('notAsked')} not asked here. The answers are in ${file}.`,
    report,
  )
  if (stopped) return left.length > 0 ? exitCodes.different : exitCodes.interrupted
  return count('otherwise', 'failed') + left.length > 0 ? exitCodes.different : exitCodes.done
}

/** @throws Problem when there is no record: nothing is deleted by guess */
async function cleanUp(screen: Screen, options: Options): Promise<number> {
  const { prefix } = options
  if (!/^tidegate-verify-[0-9a-f]{8}$/.test(prefix))
    throw new Problem('call_invalid', `"${prefix}" is no prefix of a run: those are tidegate-verify-XXXXXXXX.`)
  const file = recordOf(options)
  await access(file).catch((cause: unknown) => {
    throw new Problem(
      'call_invalid',
      `There is no record ${file}: say in which --folder the run was. What it made has the tag tidegate-verify=${prefix}.`,
      { cause },
    )
  })
  const { openLab } = await import('./verify/lab.ts')
  const lab = await openLab(labOptions(options))
  const left = await lab.belongings.deleteAll()
  screen.say(left.length === 0 ? `Nothing of ${prefix} is left.` : left.map((one) => `left: ${one}`).join('\n'), {
    prefix,
    left,
  })
  return left.length === 0 ? exitCodes.done : exitCodes.different
}

/** List prices of us-east-1: what the run itself uses beside its experiments is far below a cent. */
function foretell(screen: Screen, { prefix, makeRoles, role }: Options, chosen: readonly Experiment[]): number {
  const asked = chosen.filter((one) => makeRoles === true || one.makesRoles !== true)
  const base = ['function fn', ...(role === undefined ? ['role runs'] : [])]
  const makes = [...new Set([...base, ...asked.flatMap((one) => one.makes ?? [])])].sort()
  const cents = asked.reduce((sum, one) => sum + (one.cents ?? 0), 1)
  const minutes = Math.max(...asked.map((one) => one.minutes), 0) + asked.length
  const lines = [
    'It would ask:',
    ...chosen.map((one) => `  ${one.id}: ${one.question}${asked.includes(one) ? '' : ' (not without --make-roles)'}`),
    'It would make, and delete again:',
    ...makes.map((one) => `  ${one.replace(' ', ` ${prefix}-`)}`),
    `It costs at most ${cents} cents and takes about ${minutes} minutes. The permissions it needs: --policy.`,
  ]
  screen.say(lines.join('\n'), { asks: asked.map(({ id }) => id), makes, cents, minutes })
  return exitCodes.done
}
