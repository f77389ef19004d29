// Services and their definitions: which there are, what they are, whether a file is valid, and how to begin one.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

type Shared = { readonly json?: boolean }

export function addServices(program: Command, { cli, run, screen }: Surroundings): void {
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

  program
    .command('init [name]')
    .description('write the first definition of a service, from what Lambda and CloudWatch tell of its function')
    .option('--function <name>', 'the function; default: the name of the service')
    .option('--alias <alias>', "the alias; default: the function's only one, or live")
    .option('--file <file>', 'where to write it; default: services/NAME.yaml. A file that is there is never changed')
    .option('--offline', 'ask nobody')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nWhat it may not look up is left open in the file. Rights that it uses: lambda:ListAliases, cloudwatch:DescribeAlarms,\ncloudwatch:GetMetricData.\n\nExample:\n  tidegate init checkout --function checkout-prod --alias live',
    )
    .action(run(async (name: string | undefined, options: InitSpelling) => initialise(screen, name, options)))
}

type InitSpelling = Shared & { function?: string; alias?: string; file?: string; offline?: boolean }

async function initialise(
  screen: Surroundings['screen'],
  name = 'my-service',
  { function: functionName = name, alias, file = `services/${name}.yaml`, offline, ...options }: InitSpelling,
): Promise<number> {
  const { initService } = await import('../services/init.ts')
  const functions = offline === true ? undefined : (await import('../backend/function-facts.ts')).functionFactsOnAws()
  return initService(screen(options), functions, {
    ...{ name, functionName, file },
    ...(alias === undefined ? {} : { alias }),
  })
}
