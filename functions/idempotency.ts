// Requests that carry an idempotency key (docs/decisions/0062): the same key of the same caller for the same route and body does
// something once, and gets the same answer for a day. Where the answers are kept is a convenience: when it is away, the order is
// carried out without it, and the log keeps most orders from being done twice.
import { Problem } from '../core/problem.ts'
import type { World } from './steps/world.ts'

export type Keyed = Pick<World, 'clock' | 'digest' | 'keptAnswers' | 'trouble'>

type Request = {
  /** As the header has it, in quotation marks or not. */
  readonly key: string
  /** Who asks, and for what: keys of others are other keys. */
  readonly scope: readonly string[]
  readonly body: string
  readonly requestId: string
}

/** No function runs longer than a minute (functions/rules.ts); after that a request without an answer has failed. */
const busyMs = 65_000
/** DynamoDB takes 400 kB. An answer is never so long. */
const answerMost = 350_000

/**
 * @param work is given an id that is the same for the same key
 * @throws Problem `call_invalid`, `idempotency_key_reused` for another body, `idempotency_key_in_use` while the first one runs;
 * and what `work` throws: a refusal is not kept, so that the same request can be sent again
 */
export async function once(
  deps: Keyed,
  { key, scope, body, requestId: id }: Request,
  work: (id: string) => Promise<unknown>,
): Promise<unknown> {
  const [, bare = ''] = /^"?([\x21\x23-\x7e]{1,255})"?$/.exec(key) ?? []
  if (bare === '')
    throw new Problem(
      'call_invalid',
      'The Idempotency-Key has to be 1 to 255 printable ASCII characters, without spaces.',
    )
  const name = deps.digest(JSON.stringify([...scope, bare]))
  const nowMs = deps.clock.nowMs()
  const request = { id, fingerprint: deps.digest(body), untilMs: nowMs + busyMs }
  const found = await unlessAway(deps, () => deps.keptAnswers.take(name, request, nowMs))
  if (found !== undefined && found.fingerprint !== request.fingerprint)
    throw new Problem('idempotency_key_reused', 'The Idempotency-Key was used for a request with another body.')
  if (found?.answer !== undefined) return JSON.parse(found.answer)
  if (found !== undefined)
    throw new Problem('idempotency_key_in_use', 'The request with this Idempotency-Key is still being carried out.')
  try {
    const answer = await work(name)
    const text = JSON.stringify(answer)
    if (text.length <= answerMost) await unlessAway(deps, () => deps.keptAnswers.end(name, request, text))
    return answer
  } catch (error) {
    await unlessAway(deps, () => deps.keptAnswers.end(name, request))
    throw error
  }
}

async function unlessAway<T>({ trouble }: Keyed, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    trouble(error, { message: 'answers cannot be kept, so an idempotency key counts for nothing' })
    return undefined
  }
}
