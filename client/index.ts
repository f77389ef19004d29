// The package's `tidegate/client`: orders and readings through the controller's API, signed with the caller's credentials
// (Signature Version 4). What a call takes and answers has the types of the schemas that the controller's functions parse with.
import type * as z from 'zod'
import { orderAt, readAt } from '../cli/backend/door.ts'
import type { AnswersOfOrders, AnswersOfReadings, AnswersOfRoutes } from '../functions/api/answers.ts'
import type { BodiesByRoute, BodiesByVerb } from '../functions/api/calls.ts'
import { type Readings, readingPath, routeOf, type Routes } from '../functions/routes.ts'
import { byFetch } from './by-fetch.ts'

export { Problem, type ProblemCode } from '../core/problem.ts'

export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type ClientOptions = {
  /** The address of the API: the output `Api` of the stack. */
  readonly api: string
  readonly region: string
  /** Or what finds them, such as `fromNodeProviderChain()` of @aws-sdk/credential-providers. */
  readonly credentials: Credentials | (() => Promise<Credentials>)
}

export type OrderName = keyof Routes
export type ReadingName = keyof Readings

type Without<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never
type VerbOf<Name extends OrderName> = Routes[Name]['verb']
type BodyOf<Name extends OrderName> = Name extends keyof BodiesByRoute
  ? BodiesByRoute[Name]
  : VerbOf<Name> extends keyof BodiesByVerb
    ? BodiesByVerb[VerbOf<Name>]
    : never
/** Fields that the route, the path or the signature says. */
type Said<Name extends OrderName> =
  | ('by' | 'service')
  | (Routes[Name] extends { readonly says: infer Says } ? keyof Says : never)
  | (VerbOf<Name> extends 'stopLine' | 'startLine' ? 'all' : never)
type Place<Name extends OrderName> = Routes[Name] extends { readonly everywhere: true }
  ? unknown
  : { readonly service: string }

/** What an order takes: `{ service: 'checkout', version: '42' }`. */
export type OrderCall<Name extends OrderName> = Place<Name> & Without<z.input<BodyOf<Name>>, Said<Name>>
export type OrderAnswer<Name extends OrderName> = z.output<
  Name extends keyof AnswersOfRoutes ? AnswersOfRoutes[Name] : AnswersOfOrders[VerbOf<Name>]
>

type Named<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Named<Rest> : never
/** What a reading takes: the names in its path, and its query. Times are milliseconds since 1970. */
export type ReadingCall<Name extends ReadingName> = Readonly<Record<Named<Readings[Name]>, string>> & {
  readonly limit?: number
  /** The `next` of the answer before. */
  readonly next?: string
  /** Seconds to wait for an event, if there is none yet; at most 20. */
  readonly wait?: number
}
export type ReadingAnswer<Name extends ReadingName> = z.output<AnswersOfReadings[Name]>

export type Client = {
  /**
   * @param key of a call that may be sent again: it is done once (docs/api.md)
   * @throws Problem that the controller answered; `route_refused` if the credentials may not; `aws_unavailable`
   */
  order<Name extends OrderName>(name: Name, call: OrderCall<Name>, key?: string): Promise<OrderAnswer<Name>>
  /** @throws Problem, as `order` */
  read<Name extends ReadingName>(name: Name, call: ReadingCall<Name>): Promise<ReadingAnswer<Name>>
}

export function clientOf({ api, ...identity }: ClientOptions): Client {
  const sender = { ...identity, requestHandler: byFetch }
  const read = readAt(api, sender)
  return {
    order: async (name, call, key) => {
      const { service, ...body }: { readonly service?: string } = call
      const place = routeOf(name).everywhere === true ? undefined : service
      return (await orderAt(api, sender, key)(name, place, body)) as OrderAnswer<typeof name>
    },
    read: async (name, call) => (await read(pathWith(readingPath(name), call))) as ReadingAnswer<typeof name>,
  }
}

/** The names of the path are filled in; what is left is its query. */
function pathWith(path: string, call: Readonly<Record<string, string | number | undefined>>): string {
  const left = new Map(
    Object.entries(call).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as const])),
  )
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = left.get(name) ?? ''
    left.delete(name)
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams(Object.fromEntries(left)).toString()
  return query === '' ? filled : `${filled}?${query}`
}
