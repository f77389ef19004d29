// A function whose answers differ from call to call, though it is one version: times, ids, orders, floats, optional fields, and
// what is rare.
import { chance } from '../../../cloud/local/time/chance.ts'
import type { Answer } from '../../../core/shadow/features.ts'
import { nothingTried, type Tried, verdictOf, withEvent } from '../../../core/shadow/verdict.ts'

type Body = Record<string, unknown> & { items: { id: string; cents: number }[]; total: number }
type Http = { statusCode: number; headers: Record<string, string>; body: Body }
/** Changes what the candidate answers. */
export type Change = (answer: Http, ms: number, event: number) => Answer

const shuffled = <T>(list: readonly T[], random: () => number): T[] =>
  list
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)

export const answered = (http: Http, ms: number): Answer => ({
  kind: 'answer',
  value: { ...http, body: JSON.stringify(http.body) },
  ms,
})

/** @param event decides what every version answers; `random` the noise, `copy` whose environment it is */
function answer(event: number, copy: string, random: () => number): readonly [Http, number] {
  const items = [1, 2, 3].map((nth) => ({ id: `item-${nth}`, cents: 100 * nth + event }))
  const body: Body = {
    orderId: random().toString(36),
    at: 1_767_225_600_000 + Math.floor(random() * 60_000),
    environment: copy,
    items: shuffled(items, random),
    picks: ['a', 'b', 'c'].sort((a, b) => a.localeCompare(b)),
    total: items.reduce((sum, { cents }) => sum + cents, 0),
    customer: { name: `customer ${event}`, vip: event % 7 === 0 },
    score: 0.8 + random() / 1e3,
    cache: random() < 0.5 ? 'HIT' : 'MISS',
    ...(random() < 0.3 ? { hint: 'try our app' } : {}),
    ...(random() < 0.02 ? { warning: 'slow backend' } : {}),
    [`session-${Math.floor(random() * 1e6)}`]: true,
  }
  const headers = { 'content-type': 'application/json', 'x-request-id': String(random()), etag: `"${event}"` }
  const slow = random() < 0.05 ? 10 : 1
  return [{ statusCode: random() < 0.01 ? 503 : 200, headers, body }, slow * 40 * Math.exp(random() - 0.5)]
}

const slower = { factor: 1.5, atLeastMs: 20 }

/** @returns what a run of the hook comes to: equal versions, or a candidate that `change` makes another */
export function run(seed: number, { events = 60, copies = 2, change = answered }: Run = {}) {
  const random = chance(seed, 'shadow')
  const names = Array.from({ length: copies + 1 }, () => random().toString(36))
  let tried: Tried = nothingTried
  for (let event = 0; event < events; event++) {
    const answers = names.map((name, index): Answer => {
      const [http, ms] = answer(event, name, random)
      if (random() < 0.01) return { kind: 'error', type: 'Timeout', message: 'the backend is away', ms }
      return index === 0 ? change(http, ms, event) : answered(http, ms)
    })
    tried = withEvent(tried, answers as [Answer, ...Answer[]], { ignored: [], slower })
  }
  const versions = { functionName: 'checkout', stable: '7', candidate: '8' }
  return verdictOf(versions, tried, { least: 30, copies, unusable: new Map() })
}
type Run = { readonly events?: number; readonly copies?: number; readonly change?: Change }
