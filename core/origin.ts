// Where an event comes from, and when. Anybody who may put events on the bus, from another account or another region, may have an
// alarm or a repository of the same name. So an event counts only if it is from here, or from where a definition says.
import * as z from 'zod'
import { locate } from './location.ts'
import { Problem } from './problem.ts'

export type Site = { readonly account: string; readonly region: string }
/** Where the controller is. */
export type Home = Site & { readonly partition: string }

export const Account = z.string().regex(/^\d{12}$/, 'an account is 12 digits')

/** The part of every event that EventBridge writes, and no sender (docs/aws.md §4.8). */
export const origin = { account: Account, region: z.string().regex(/^[a-z0-9-]{5,30}$/) }

const Envelope = z.looseObject({ source: z.string(), 'detail-type': z.string() })
/** Whether it has the form of an event of EventBridge. A call has not. */
export const isEvent = (input: unknown): input is z.output<typeof Envelope> => Envelope.safeParse(input).success

export const siteOf = ({ account, region }: Site): Site => ({ account, region })
export const isSame = (one: Site, other: Site): boolean => one.account === other.account && one.region === other.region
export const siteWords = ({ account, region }: Site): string => `account ${account}, region ${region}`

/** @param what the event is about */
export const foreign = (site: Site, what: string): Problem =>
  new Problem('event_foreign', `An event about ${what.slice(0, 300)} came from ${siteWords(site)}.`)

/** The site of a target's function. */
export function siteOfFunction(functionName: string, home: Site): Site {
  const { account = home.account, region = home.region } = locate(functionName)
  return { account, region }
}

/** How a definition names the function of this name at a site: by its name at home, else by its ARN. */
export const functionAt = (name: string, site: Site, home: Home): string =>
  isSame(site, home) ? name : `arn:${home.partition}:lambda:${site.region}:${site.account}:function:${name}`

/** @param arn of anything in an account and region */
export function homeOf(arn: string): Home {
  const [, partition = '', , region = '', account = ''] = arn.split(':')
  return { partition, region, account }
}

/** `111122223333`, which is in the controller's region, or `111122223333/eu-west-1`. */
export const From = z
  .string()
  .regex(/^\d{12}(\/[a-z0-9-]{5,30})?$/, 'an account, or an account and a region: 111122223333/eu-west-1')
export function siteFrom(from: string, home: Site): Site {
  const [account = '', region = home.region] = from.split('/')
  return { account, region }
}

/** Clocks differ by seconds. What is dated later than this has not happened, and would win over all that comes until then. */
const aheadMostMs = 5 * 60_000
export const isAhead = (atMs: number, nowMs: number): boolean => atMs > nowMs + aheadMostMs
