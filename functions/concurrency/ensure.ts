// Provisioned concurrency before a step: what the versions will need is asked for, and the gate stays closed until it is ready.
// So a release waits for it as for any gate, with looks going on. The log says what is wanted before Lambda is asked. What cannot
// be read, asked for or allocated is a no. A way back passes no gates, and so waits for none of this.
import type { Provisioned } from '../../cloud/ports.ts'
import { type Need, needsAt, peakNeeds, promisedOf, scaledNow } from '../../core/concurrency/need.ts'
import { type Standing, standingOf, withoutRoom } from '../../core/concurrency/standing.ts'
import { mayWant } from '../../core/concurrency/warm.ts'
import { troubleWords, waitingWords } from '../../core/concurrency/words.ts'
import type { Answer } from '../../core/gate/answer.ts'
import { Problem } from '../../core/problem.ts'
import { allocatingGate, beginPoint, provisionedGate } from '../../core/release/gating.ts'
import type { Release } from '../../core/release/release.ts'
import { concurrently, sentenceOf } from '../steps/each.ts'
import { type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

export type Ensuring = Pick<World, 'clock' | 'journal' | 'concurrency' | 'openReleases' | 'trouble'>
type Ensured = { readonly loaded: Loaded; readonly answer: Answer }
type Found = ReadonlyMap<string, readonly Provisioned[]>

const wordsMax = 2000
// Lambda takes 15 such calls a second (docs/aws.md §1.4).
const together = 3

/** @param answer of the other gates: only when they are open is anything asked for, since it costs money from then on */
export async function withConcurrency(deps: Ensuring, loaded: Loaded, point: number, answer: Answer): Promise<Ensured> {
  const { release } = loaded
  if (!answer.allowed || point === beginPoint || promisedOf(release).length === 0) return { loaded, answer }
  try {
    const ensured = steadily(release, point, await ensure(deps, loaded, point, answer))
    return release.overridden === undefined ? ensured : { ...ensured, answer: inSpite(answer, ensured.answer) }
  } catch (error) {
    deps.trouble(error, { releaseId: release.id })
    const no = denied('unknown', `provisioned concurrency cannot be looked up: ${sentenceOf(error)}`)
    return { loaded, answer: release.overridden === undefined ? no : inSpite(answer, no) }
  }
}

/** What has failed is trouble until it is ready: people hear of it once, and not each time that Lambda is asked again. */
function steadily({ held }: Release, point: number, { loaded, answer }: Ensured): Ensured {
  const isTrouble = held?.point === point && held.gates.includes(provisionedGate)
  return { loaded, answer: !answer.allowed && isTrouble ? { ...answer, gates: [provisionedGate] } : answer }
}

async function ensure(deps: Ensuring, loaded: Loaded, point: number, answer: Answer): Promise<Ensured> {
  const found = await foundOf(deps, loaded.release)
  const release = scaledNow(loaded.release, found)
  const needs = needsAt(release, point, answer.plan)
  const standing = standingOf(needs, found)
  if (standing.lacking.length === 0) return { loaded, answer: whenAllocated(standing, answer) }
  const tight = await tightFor(deps, release, found)
  if (tight.length > 0) return { loaded, answer: await roomless(deps, release, found, tight) }
  const noted = await noteAsked(deps, loaded, standing.lacking)
  // The log has grown meanwhile, perhaps by a stop: nothing is asked for, and the gates are asked again.
  if (noted === undefined) return { loaded, answer: denied(allocatingGate, waitingWords(needs)) }
  const refused = await askFor(deps, standing.lacking)
  const troubles = [...refused, ...standing.failed]
  return {
    loaded: noted,
    answer:
      troubles.length === 0
        ? denied(allocatingGate, waitingWords(standing.lacking))
        : await roomless(deps, release, found, troubles),
  }
}

/** While an earlier release still keeps a version warm, a lack of room is no trouble: the sweep lets go of it within a minute. */
async function roomless(deps: Ensuring, release: Release, found: Found, troubles: readonly Problem[]): Promise<Answer> {
  const isRoom = troubles.every(({ code }) => code === 'concurrency_no_room')
  const kept = isRoom ? await keptBefore(deps, release, found) : []
  return kept.length === 0
    ? denied(provisionedGate, troubleWords(troubles))
    : denied(allocatingGate, `waits for the room of ${kept.join(', ')}, which was kept warm until now`)
}

/** What has concurrency only because an earlier release of the service keeps it warm. */
async function keptBefore({ openReleases }: Ensuring, release: Release, found: Found): Promise<readonly string[]> {
  const { warm } = await openReleases.all()
  const earlier = warm.filter(({ service }) => service === release.service.name).flatMap(({ targets }) => targets)
  return earlier
    .filter((kept) => !mayWant(release, kept))
    .filter(({ functionName, stable }) => found.get(functionName)?.some(({ qualifier }) => qualifier === stable))
    .map(({ functionName, stable }) => `${functionName}:${stable}`)
}

/** Gates are asked again every minute at first, and Lambda needs one or two (docs/aws.md §1.3). */
const whenAllocated = ({ allocating }: Standing, answer: Answer): Answer =>
  allocating.length === 0 ? answer : denied(allocatingGate, waitingWords(allocating))

const denied = (gate: string, because: string): Answer => ({
  allowed: false,
  because: because.slice(0, wordsMax),
  gates: [gate],
})

/** A person has overridden the gates: the release goes on, and the log says without what. */
const inSpite = (answer: Answer, ensured: Answer): Answer =>
  ensured.allowed
    ? ensured
    : { ...answer, because: `${answer.because}; overridden: ${ensured.because}`.slice(0, wordsMax) }

const functionsOf = (needs: readonly Need[]): readonly string[] => [
  ...new Set(needs.map(({ functionName }) => functionName)),
]

async function foundOf({ concurrency }: Ensuring, release: Release): Promise<Found> {
  const list = async (name: string) => [name, await concurrency.list(name)] as const
  const names = promisedOf(release).map(({ target }) => target.functionName)
  return new Map(await concurrently(names, together, list))
}

/** Whether all that the release will need fits in, so that it does not begin what it cannot end. */
async function tightFor({ concurrency }: Ensuring, release: Release, found: Found): Promise<readonly Problem[]> {
  const peak = peakNeeds(release)
  const limits = async (name: string) => [name, await concurrency.limits(name)] as const
  return withoutRoom(peak, found, new Map(await concurrently(functionsOf(peak), together, limits)))
}

/** @returns `undefined` if the log has grown since it was read */
async function noteAsked(deps: Ensuring, loaded: Loaded, lacking: readonly Need[]): Promise<Loaded | undefined> {
  const { release } = loaded
  const last = ({ functionName, version }: Need) =>
    release.asked?.findLast((one) => one.functionName === functionName && one.version === version)
  const targets = lacking.filter((need) => last(need)?.environments !== need.environments)
  const [first] = targets
  if (first === undefined) return loaded
  const point = release.state.phase === 'hooks' || release.state.phase === 'shifting' ? release.state.step : beginPoint
  const after = await record(deps, loaded, (now) =>
    now.seq === release.seq
      ? { type: 'concurrencyAsked', atMs: deps.clock.nowMs(), point, targets: [...targets] }
      : undefined,
  )
  return after.release.seq === release.seq + 1 && after.release.asked !== release.asked ? after : undefined
}

/** @returns what was refused */
async function askFor({ concurrency }: Ensuring, lacking: readonly Need[]): Promise<readonly Problem[]> {
  const refused = await concurrently(lacking, together, async ({ functionName, version, environments }) => {
    try {
      await concurrency.ask(functionName, version, environments)
      return []
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return [error]
    }
  })
  return refused.flat()
}
