// Where telemetry may be sent, and what a receiver's refusal is. Redirects are not followed: a token is for one host.
import { nameWords, quoted } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An address of https, or of the own machine. @throws Problem `call_invalid` */
export function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))) return url
  throw new Problem('call_invalid', `${quoted(text, undefined, 200)} is not an https address.`)
}

/** @param path such as `/v1/traces` */
export const addressUnder = (base: string, path: string): URL => addressOf(`${base.replace(/\/+$/, '')}${path}`)

/** @param why may be the receiver's own words */
export const refusal = (code: 'trace_refused' | 'telemetry_refused', { host }: URL, what: string, why: string) =>
  new Problem(code, `${nameWords(host)} did not take ${what}: ${quoted(why)}.`)
