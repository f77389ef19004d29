// What people order a live release to do, and what they are told when it cannot be done for them.
import type { Target } from '../../core/service/service.ts'
import { targetOf, versionsOf } from './named-versions.ts'
import { isStuck } from './stuck.ts'
import { own } from '../../core/own.ts'
import type { Backend } from '../backend/backend.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'

export type Order = {
  readonly verb: 'pause' | 'resume' | 'promote' | 'rollBack' | 'abort'
  readonly service: string
  readonly reason: string
  /** Without it, the live release of the service is meant. */
  readonly releaseId?: string
  /** For a rollback: a version, or FUNCTION=VERSION for each target that goes back. */
  readonly to?: readonly string[]
  /** Aliases of the service, for when the table does not answer. */
  readonly targets?: readonly Target[]
}

/** Who only orders needs little; what is told afterwards needs the rest. */
type OrderCli = { readonly screen: Screen } & (
  { readonly backend: Backend } | { readonly backend: Pick<Backend, 'order'>; readonly rest: () => Promise<Backend> }
)

/** Each order is a right of its own. */
const routes = {
  pause: 'pause',
  resume: 'resume',
  promote: 'promote',
  rollBack: 'roll-back',
  abort: 'abort',
} as const

export async function order(
  cli: OrderCli,
  { verb, service, reason, releaseId, to, targets = [] }: Order,
): Promise<number> {
  const { screen } = cli
  const all = () => ('rest' in cli ? cli.rest() : Promise.resolve(cli.backend))
  const said = {
    ...(verb === 'resume' ? {} : { reason }),
    ...(releaseId === undefined ? {} : { releaseId }),
    ...(to === undefined ? {} : { to: placeOf(to) }),
  }
  try {
    const answer = await cli.backend.order(routes[verb], service, said)
    // Loaded when the traffic is back: what is told must not delay it.
    const { Ordered } = await import('../backend/ordered.ts')
    const done = Ordered.parse(answer)
    const { tellOrdered } = await import('./ordered.ts')
    await tellOrdered(
      { backend: await all(), screen },
      service,
      done,
      to === undefined ? did[verb] : `It goes back to ${to.join(', ')}, all at once.`,
    )
    return exitCodes.done
  } catch (error) {
    if ((verb !== 'rollBack' && verb !== 'abort') || !isStuck(error)) throw error
    const place = to === undefined ? undefined : placeOf(to)
    const wanted = (name: string) => (typeof place === 'object' ? own(place, name) : place)
    const { tellByHand } = await import('./by-hand.ts')
    return tellByHand({ backend: await all(), screen }, { service, named: targets, to: wanted }, error)
  }
}

/** What was ordered; what follows from it, the log says. */
const did = { pause: '', resume: 'Resumed.', promote: 'It is promoted early.', rollBack: '', abort: '' } as const

/** The aliases that somebody names, in a definition's file or one by one (FUNCTION:ALIAS). */
export const targetsOf = async (file: string | undefined, named: readonly string[]): Promise<readonly Target[]> =>
  file === undefined ? named.map(targetOf) : (await (await import('../commands/apply.ts')).readDefinition(file)).targets

/** @throws Problem `call_invalid` */
function placeOf(to: readonly string[]): string | Readonly<Record<string, string>> {
  const [first = '', ...more] = to
  return more.length === 0 && !first.includes('=') ? first : versionsOf(to)
}
