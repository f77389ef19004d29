// Keeps a share of a function's events, for the shadow of its next version. The customer comes first: an event is kept beside
// the handler's work, nobody waits for it, and whatever goes wrong with it changes nothing of the answer. What is wrong with the
// options switches sampling off, and is logged once.
import { Problem } from '../core/problem.ts'
import { parsePath } from '../core/shadow/path.ts'
import { type Keeping, type SampleItem, sampleOf } from '../core/shadow/sample.ts'

export type Sampling = {
  /** Which share of events, above 0 and at most 1. */
  readonly share: number
  /** Puts a sample into the store. Give its client a timeout of about a second, and no second attempt. */
  readonly put: (item: SampleItem) => Promise<unknown>
  /** Paths in the event of which nothing is kept, such as `/body/card`. */
  readonly redact?: readonly string[]
  /** For how long a sample is used; 1 to 48, 6 if left out. */
  readonly hours?: number
  /** Larger events are not sampled; at most 300,000, 65,536 if left out. */
  readonly maxBytes?: number
  /** An environment keeps no more than one event in this time; 1,000 if left out. */
  readonly everyMs?: number
  /** Is told what goes wrong; if left out, it is logged. Never has an event in it. */
  readonly trouble?: (message: string) => void
  readonly nowMs?: () => number
  readonly random?: () => number
}

type Context = { readonly functionName: string }

/**
 * Whether this version runs in the shadow, where it must not do what others see: send mail, charge a card, call a partner. Only
 * the function's configuration can say so, and no event.
 */
export const isShadow = (): boolean => (process.env['TIDEGATE_SHADOW'] ?? '') !== ''

/** @returns the handler, which samples besides */
export function sampled<E, C extends Context, R>(
  handler: (event: E, context: C) => R,
  options: Sampling,
): (event: E, context: C) => R {
  // What is tried is not sampled again.
  if (isShadow()) return handler
  const { put, nowMs = Date.now, random = Math.random, everyMs = 1000 } = options
  const tell = quietly(options.trouble ?? logged)
  const keeping = read(options, tell)
  if (keeping === undefined) return handler
  let [isBusy, notBeforeMs] = [false, -Infinity]
  const keep = (event: E, functionName: string): void => {
    if (isBusy || nowMs() < notBeforeMs || random() >= options.share) return
    notBeforeMs = nowMs() + everyMs
    const item = sampleOf(event, { ...keeping, functionName }, nowMs(), random())
    if (item === undefined) return
    isBusy = true
    put(item)
      .catch((error: unknown) => tell(`a sample was not kept: ${nameOf(error)}`))
      .finally(() => {
        isBusy = false
      })
  }
  return (event, context) => {
    try {
      // Before the handler, which may change the event. And while it works the put has time.
      keep(event, context.functionName)
    } catch (error) {
      isBusy = false
      tell(`a sample was not kept: ${nameOf(error)}`)
    }
    return handler(event, context)
  }
}

function read(options: Sampling, tell: (message: string) => void): Omit<Keeping, 'functionName'> | undefined {
  const { share, redact = [], hours = 6, maxBytes = 65_536 } = options
  const within = (value: number, least: number, most: number): boolean => value >= least && value <= most
  try {
    if (!(share > 0 && share <= 1)) throw invalid('share', 'above 0 and at most 1')
    if (!within(hours, 1, 48)) throw invalid('hours', '1 to 48')
    if (!within(maxBytes, 1, 300_000)) throw invalid('maxBytes', '1 to 300,000')
    return { redact: redact.map(parsePath), hours, maxBytes }
  } catch (error) {
    tell(`nothing is sampled: ${error instanceof Problem ? `${error.code}: ${error.message}` : nameOf(error)}`)
    return undefined
  }
}

const invalid = (name: string, range: string): Problem =>
  new Problem('shadow_invalid', `\`${name}\` of the sampling is not ${range}.`)

/** A message of an error may hold the event. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

const logged = (message: string): void =>
  console.warn(JSON.stringify({ level: 'warn', message: `tidegate/shadow: ${message}` }))

const quietly =
  (trouble: (message: string) => void) =>
  (message: string): void => {
    try {
      trouble(message)
    } catch {
      // Who cannot be told is not told.
    }
  }

/** The item for DynamoDB's PutItem. */
export const attributesOf = ({ pk, sk, v, atMs, expiresAt, event }: SampleItem) => ({
  ...{ pk: { S: pk }, sk: { S: sk }, event: { S: event } },
  ...{ v: { N: String(v) }, atMs: { N: String(atMs) }, expiresAt: { N: String(expiresAt) } },
})
