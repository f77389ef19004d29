// An event as it appears on the bus: the sender's fields, and those that the bus adds.
import { home, type Site } from '../protocol/service.ts'

export type Envelope = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: unknown
}

type Said = {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
  readonly resources?: readonly string[] | undefined
  readonly site?: Site | undefined
}

export function envelope(said: Said, id: string, atMs: number): Envelope {
  const { account, region } = said.site ?? home
  return {
    version: '0',
    id,
    'detail-type': said.detailType,
    source: said.source,
    account,
    time: new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: said.resources ?? [],
    // A copy, so that a target does not see later changes to the sender's object.
    detail: JSON.parse(JSON.stringify(said.detail ?? {})) as unknown,
  }
}
