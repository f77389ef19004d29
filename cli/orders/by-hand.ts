// For when the controller cannot put the traffic back: prints AWS CLI commands for a person to run. They come from the return
// record if the table answers, and otherwise from what Lambda says about the aliases that the person names.
import { Problem } from '../../core/problem.ts'
import { noWayBackWords } from '../../core/definition/one-way.ts'
import { commandBack } from '../../core/release/return-record.ts'
import { routingWords } from '../../core/service/routing.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Target } from '../../core/service/service.ts'
import type { Backend } from '../backend/backend.ts'
import { explained } from '../backend/explained.ts'
import type { Line } from '../backend/line.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'

type Cli = { readonly backend: Pick<Backend, 'returns' | 'aliases'>; readonly screen: Screen }
type Alias = { readonly alias: string; readonly because?: string; readonly command?: string }

type Wanted = (functionName: string) => string | undefined

/**
 * @param named the aliases to ask Lambda about if the table does not tell
 * @param to the version that a person wants, by function; without one, stable
 */
export async function tellByHand(
  { backend, screen }: Cli,
  { service, named, to }: { readonly service: string; readonly named: readonly Target[]; readonly to: Wanted },
  problem: Problem,
): Promise<number> {
  const record = await fromRecord(backend, service, to)
  const lines =
    typeof record === 'object'
      ? record
      : await Promise.all(named.map((target) => fromAlias(backend, { ...target, service }, to)))
  const { code, message } = problem
  const text = [
    `The traffic of ${service} could not be put back for you (${code}): ${message}`,
    ...(lines.length === 0
      ? nothingNamed(service, typeof record === 'string' ? record : undefined)
      : ['Put it back by hand:']),
    ...lines.flatMap(({ alias, because, command }) => [
      ...(because === undefined ? [] : [`  # ${alias}: ${because}`]),
      ...(command === undefined ? [] : [{ asIs: `  ${command}` }]),
    ]),
    'Tidegate notices at its next look, and ends the release.',
  ]
  screen.say(text, { problem: { code, message }, byHand: lines })
  return exitCodes.byHand
}

const nothingNamed = (service: string, unread: string | undefined): readonly Line[] => [
  unread === undefined ? 'The table does not say which aliases these are.' : `The table could not be read: ${unread}`,
  'Name the definition, or the aliases:',
  { asIs: `  tidegate rollback ${service} --file services/${service}.yaml` },
  { asIs: `  tidegate rollback ${service} --target FUNCTION:ALIAS` },
]

/** `undefined` if the table has no release that may have traffic; a sentence if the table cannot be read. */
async function fromRecord(
  backend: Cli['backend'],
  service: string,
  to: Wanted,
): Promise<readonly Alias[] | string | undefined> {
  try {
    const record = (await backend.returns.list()).items.find((one) => one.service === service)
    return record?.targets.map((target) => ({
      alias: `${target.functionName}:${target.alias}`,
      ...(record.oneWay?.isPassed === true ? { because: noWayBackWords(record.oneWay.reason) } : {}),
      ...(record.oneWay?.isPassed === true
        ? {}
        : { command: commandBack({ ...target, stable: to(target.functionName) ?? target.stable }) }),
    }))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { message, fix } = explained(error, process.env) ?? error
    return `${message} ${fix}`
  }
}

/** While an alias is split, its primary version is stable and the weights are the candidate's. */
async function fromAlias(backend: Cli['backend'], target: AliasPlace, to: Wanted): Promise<Alias> {
  const alias = `${target.functionName}:${target.alias}`
  try {
    const { routing } = await backend.aliases.read(target)
    const because = routingWords(routing)
    const wanted = to(target.functionName)
    if (wanted !== undefined) return { alias, because, command: commandBack({ ...target, stable: wanted }) }
    if (routing.additional !== undefined)
      return { alias, because, command: commandBack({ ...target, stable: routing.version }) }
    const unknown = `${because}. If this is the bad version, replace VERSION with the one before it`
    return { alias, because: unknown, command: commandBack({ ...target, stable: 'VERSION' }) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { alias, because: error.message }
  }
}
