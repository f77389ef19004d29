// A run of `tidegate verify-account`, from its options to its exit code: the dry run, the run itself, and the cleanup after a run
// that was killed.
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { isStopped } from './errors.ts'
import type { Experiment } from './experiment.ts'
import { chosenExperiments, experiments } from './experiments.ts'
import { type LabOptions, openLab } from './lab.ts'
import { policyFor } from './policy.ts'
import { reportOf } from './report.ts'
import { askAll, type Result, tell } from './run.ts'

/** The options of the command line. */
export type Verify = {
  readonly json?: boolean
  readonly only?: string[]
  readonly role?: string
  readonly makeRoles?: boolean
  readonly dryRun?: boolean
  readonly policy?: boolean
  readonly cleanUp?: string
  readonly folder: string
}

type Options = Omit<Verify, 'json' | 'folder'> &
  Pick<LabOptions, 'config' | 'prefix' | 'nowMs' | 'pause' | 'note'> & {
    readonly folder: string
    readonly endpoint: string | undefined
  }

/** @returns the exit code. @throws Problem */
export async function verifyAccount(screen: Screen, options: Options): Promise<number> {
  if (options.policy === true) {
    const policy = policyFor(options.role)
    screen.say(JSON.stringify(policy, undefined, 2).split('\n'), policy)
    return exitCodes.done
  }
  if (options.cleanUp !== undefined) return cleanUp(screen, options)
  const chosen = options.only === undefined ? experiments : chosenExperiments(options.only)
  if (options.dryRun === true) return foretell(screen, options, chosen)
  if (options.role === undefined && options.makeRoles !== true)
    throw new Problem('call_invalid', 'The temporary function needs a role: give --make-roles, or --role and its ARN.')
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
  const lab = await openLab(labOptions(options))
  screen.note(`Prefix ${lab.prefix}, region ${lab.region}; created resources are recorded in ${recordOf(options)}.`)
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
    `Deleting everything that was created. If this is interrupted too: tidegate verify-account --clean-up ${lab.prefix} --folder ${options.folder}`,
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

/** @throws Problem if there is no record: never delete by guessing */
async function cleanUp(screen: Screen, options: Options): Promise<number> {
  const { prefix } = options
  if (!/^tidegate-verify-[0-9a-f]{8}$/.test(prefix))
    throw new Problem(
      'call_invalid',
      `"${prefix}" is not the prefix of a run: those look like tidegate-verify-XXXXXXXX.`,
    )
  const file = recordOf(options)
  await access(file).catch((cause: unknown) => {
    throw new Problem(
      'call_invalid',
      `There is no record ${file}: give the --folder of the run. Its resources have the tag tidegate-verify=${prefix}.`,
      { cause },
    )
  })
  const lab = await openLab(labOptions(options))
  const left = await lab.belongings.deleteAll()
  screen.say(left.length === 0 ? `Nothing with the prefix ${prefix} is left.` : left.map((one) => `left: ${one}`), {
    prefix,
    left,
  })
  return left.length === 0 ? exitCodes.done : exitCodes.different
}

/** List prices of us-east-1. What the run itself uses besides its experiments is far below a cent. */
function foretell(screen: Screen, { prefix, makeRoles, role }: Options, chosen: readonly Experiment[]): number {
  const asked = chosen.filter((one) => makeRoles === true || one.makesRoles !== true)
  const base = ['function fn', ...(role === undefined ? ['role runs'] : [])]
  const makes = [...new Set([...base, ...asked.flatMap((one) => one.makes ?? [])])].sort()
  const cents = asked.reduce((sum, one) => sum + (one.cents ?? 0), 1)
  const minutes = Math.max(...asked.map((one) => one.minutes), 0) + asked.length
  const lines = [
    'It would ask:',
    ...chosen.map((one) => `  ${one.id}: ${one.question}${asked.includes(one) ? '' : ' (not without --make-roles)'}`),
    'It would create, and delete again:',
    ...makes.map((one) => `  ${one.replace(' ', ` ${prefix}-`)}`),
    `It costs at most ${cents} cents and takes about ${minutes} minutes. The permissions it needs: --policy.`,
  ]
  screen.say(lines, { asks: asked.map(({ id }) => id), makes, cents, minutes })
  return exitCodes.done
}
