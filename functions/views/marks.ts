// Loads the releases of a time, as marks: the heads of each service, and of a few releases also when their traffic was moved.
import { locate } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import { markedOf, markedRelease, type MarkedMove, type MarksView, type Span } from '../../core/view/marks-view.ts'
import { concurrently, sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { load } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Ports = Pick<World, 'clock' | 'history' | 'journal'> & { readonly services: Pick<World['services'], 'list'> }

/** DynamoDB takes far more. */
const atOnce = 16
/** Of each service. */
const headsMost = 50

/**
 * @param functionName only releases of services with this function
 * @returns `undefined` when no service has such a function
 * @throws Problem when the services cannot be listed
 */
export async function loadMarks(
  ports: Ports,
  span: Span,
  functionName: string | undefined,
): Promise<MarksView | undefined> {
  const { items, unreadable } = await ports.services.list()
  const services = functionName === undefined ? items : items.filter((one) => hasFunction(one, functionName))
  if (functionName !== undefined && services.length === 0) return undefined
  const nowMs = ports.clock.nowMs()
  const found = await concurrently(services, atOnce, ({ name }) => headsOf(ports, name, span))
  const { shown, more, isDetailed } = markedOf(
    found.flatMap(({ heads }) => heads),
    span,
    nowMs,
  )
  const moves = isDetailed
    ? await concurrently(shown, atOnce, ({ releaseId }) => movesOf(ports, releaseId))
    : shown.map((): Moves => ({}))
  return {
    ...{ ...span, nowMs, more },
    releases: shown.map((head, index) => markedRelease(head, moves[index]?.found, nowMs)),
    unknown: [
      ...(functionName === undefined ? unreadable.map(({ problem }) => problem.message) : []),
      ...found.flatMap(({ unknown }) => unknown),
      ...moves.flatMap(({ because }) => because ?? []),
      ...(isDetailed ? [] : ['When traffic was moved is shown for a time with fewer releases.']),
    ],
  }
}

const hasFunction = ({ targets }: Service, name: string): boolean =>
  targets.some((target) => locate(target.functionName).name === name)

async function headsOf(ports: Ports, name: string, { fromMs }: Span) {
  try {
    const { items, unreadable } = await latestHeads(ports, name, headsMost)
    const oldest = items.at(-1)
    const isCut = items.length + unreadable.length >= headsMost && oldest !== undefined && oldest.requestedAtMs > fromMs
    return {
      heads: items,
      unknown: [
        ...unreadable.map(({ problem }) => problem.message),
        ...(isCut ? [`Of ${name}, only the last ${headsMost} releases are shown.`] : []),
      ],
    }
  } catch (error) {
    return { heads: [], unknown: [`The releases of ${name} are not known: ${sentenceOf(error)}`] }
  }
}

type Moves = { readonly found?: readonly MarkedMove[]; readonly because?: string }

async function movesOf(ports: Ports, releaseId: string): Promise<Moves> {
  try {
    const { release } = await load(ports, releaseId)
    return { found: release.shifts.map(({ sinceMs, weightBp }) => ({ atMs: sinceMs, weightBp })) }
  } catch (error) {
    return { because: `When traffic of ${releaseId} was moved is not known: ${sentenceOf(error)}` }
  }
}
