// Services and their definitions: which there are, what they are, whether a file is valid, and how to begin one.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

type Shared = { readonly json?: boolean }

type VersionsSpelling = Shared & { keep?: number; keepFor?: string }

export function addServices(program: Command, { cli, run, screen, positive }: Surroundings): void {
  program
    .command('services')
    .description('list the services: version in charge, live release, error budgets, last release')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nEnds with 2 if a service cannot be read.\n\nExample:\n  tidegate services')
    .action(run(async (options: Shared) => (await import('../services/services.ts')).listServices(await cli(options))))

  program
    .command('get <service>')
    .description('print the definition of a service as YAML, and what is going on with it as comments')
    .option('--all', 'also the fields that the definition leaves to their defaults')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  tidegate get checkout > services/checkout.yaml')
    .action(
      run(async (service: string, { all, ...options }: Shared & { all?: boolean }) =>
        (await import('../services/services.ts')).getService(await cli(options), service, all === true),
      ),
    )

  program
    .command('versions <service>')
    .description('show which old versions are deleted, why the others stay, and how much it frees; changes nothing')
    .option('--keep <count>', 'as if the definition said so: how many of the newest stay', positive)
    .option('--keep-for <duration>', 'as if the definition said so: how long each stays, such as 30d')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nOld versions are deleted once a day, if the definition has `versions` (docs/versions.md). Ends with 2 if it is not\nknown what may be deleted.\n\nExamples:\n  tidegate versions checkout\n  tidegate versions checkout --keep 5 --keep-for 14d',
    )
    .action(
      run(async (service: string, { json, ...asIf }: VersionsSpelling) =>
        (await import('../services/versions.ts')).showVersions(await cli({ json: json === true }), service, asIf),
      ),
    )

  program
    .command('validate <files...>')
    .description('check definitions offline: what is wrong, in which line; ends with 1 if one is invalid')
    .option('--json', 'print one JSON document per file')
    .addHelpText(
      'after',
      '\nIt needs no account. Whether functions, alarms and roles exist, only apply, doctor and a release find out.\n\nExample:\n  tidegate validate services',
    )
    .action(
      run(async (files: string[], options: Shared) =>
        (await import('../services/validate.ts')).validateFiles(screen(options), files),
      ),
    )

  addRemove(program, { cli, run })
  addInit(program, { run, screen })
  addAdopt(program, { run, screen })
}

function addRemove(program: Command, { cli, run }: Pick<Surroundings, 'cli' | 'run'>): void {
  program
    .command('remove <service>')
    .description('remove a service; its aliases, its log and its history stay as they are')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nRefused while a release of it has not ended. `tidegate get SERVICE > FILE` keeps its definition.\n\nExample:\n  tidegate remove checkout-old',
    )
    .action(
      run(async (service: string, options: Shared) =>
        (await import('../commands/remove.ts')).removeService(await cli(options), service),
      ),
    )
}

type InitSpelling = Shared & { function?: string; alias?: string; name?: string; file?: string; offline?: boolean }

function addInit(program: Command, { run, screen }: Pick<Surroundings, 'run' | 'screen'>): void {
  program
    .command('init [function]')
    .description('write the first definition of a service, with what its plan promises, from the facts of its function')
    .option('--name <service>', "the service's name; default: the function's, as far as a service may have it")
    .option('--function <name>', 'the function, if the argument is the name of the service')
    .option('--alias <alias>', 'the alias (or FUNCTION:ALIAS); default: its only one, the busiest, or live')
    .option('--file <file>', 'where to write it; default: services/NAME.yaml. A file that is there is never changed')
    .option('--offline', 'ask nobody')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nIt reads 28 days of metrics, alarms, triggers, versions and aliases, with your rights, and changes nothing. What it\nmay not look up is left open in the file. docs/adopt.md has the rights.\n\nExamples:\n  tidegate init checkout-prod:live --name checkout\n  tidegate init checkout --offline',
    )
    .action(run(async (named: string | undefined, options: InitSpelling) => initialise(screen, named, options)))
}

/** `FUNCTION`, `FUNCTION:ALIAS`, or the ARN of either. */
function splitAlias(text: string): readonly [functionName: string, alias: string | undefined] {
  const [, name = text, alias] = /^((?:arn:(?:[^:]*:){5})?[^:]+):([^:]+)$/.exec(text) ?? []
  return [name, alias]
}

async function initialise(
  screen: Surroundings['screen'],
  argument: string | undefined,
  {
    function: functionOption,
    alias: aliasOption,
    name: nameOption,
    file: fileOption,
    offline,
    ...options
  }: InitSpelling,
): Promise<number> {
  const [functionName, ofArgument] = splitAlias(functionOption ?? argument ?? 'my-service')
  const { serviceNameOf } = await import('../adopt/names.ts')
  const derived = functionOption === undefined || argument === undefined ? serviceNameOf(functionName) : argument
  const name = nameOption ?? derived
  const alias = aliasOption ?? ofArgument
  const { initService } = await import('../adopt/init.ts')
  const account = offline === true ? undefined : (await import('../adopt/account.ts')).accountOnAws()
  return initService(screen(options), account, {
    ...{ name, functionName, file: fileOption ?? `services/${name}.yaml` },
    ...(alias === undefined ? {} : { alias }),
    ...(offline === true ? {} : { registered: await registered() }),
  })
}

/** What is registered with the controller of a region, if there is one. */
async function registered(region?: string) {
  const { registeredIn } = await import('../adopt/registered.ts')
  const { backendOnAws } = await import('../backend/aws-backend.ts')
  const backend = backendOnAws(process.env, region === undefined ? {} : { region })
  return registeredIn(backend, process.env['TIDEGATE_TABLE'] ?? 'tidegate')
}

type AdoptSpelling = Shared & { region?: string; out: string; yes?: boolean; observe?: boolean }

function addAdopt(program: Command, { run, screen }: Pick<Surroundings, 'run' | 'screen'>): void {
  program
    .command('adopt')
    .description('write definitions for all functions of an account and region, and a report of where it pays')
    .option('--region <region>', 'the region; default: as the SDK finds it')
    .option('--out <folder>', 'where to write services/*.yaml and report.md', 'adopted')
    .option('--yes', 'go on, after it has said what reading the metrics costs')
    .option('--observe', 'write definitions that only watch, while others go on to move the aliases (docs/observe.md)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nEvery call only reads: nothing changes in the account. Files that are there stay as they are, so it may be run again.\nEnds with 1 if something of a function could not be read. docs/adopt.md has the rights.\n\nExample:\n  tidegate adopt --region eu-west-1 --out fleet\n  tidegate adopt --region eu-west-1 --out fleet --yes',
    )
    .action(
      run(async ({ region, out, yes, observe, ...options }: AdoptSpelling) => {
        const { accountOnAws } = await import('../adopt/account.ts')
        const account = accountOnAws(region === undefined ? {} : { region })
        return (await import('../adopt/adopt.ts')).adopt(screen(options), account, {
          ...{ out, yes: yes === true, observes: observe === true, registered: await registered(region) },
        })
      }),
    )
}
