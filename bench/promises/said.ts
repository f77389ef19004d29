// What a definition that `init` or `adopt` wrote promises, read from its comment as a person reads it: what is held against it
// is what was said, and not the table that it came from.
import { parse } from 'yaml'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'

export type Said = {
  readonly service: Service
  /** It holds with at least so many requests a minute. */
  readonly perMinute: number
  /** How long a release without a fault takes. */
  readonly minutes: number
  /** The share of releases without a fault that passed every step in time, where it was simulated. */
  readonly onTime: number
  /** At most this share of releases without a fault is put back. */
  readonly falseMost: number
  /** This share of releases with a fault is put back within so many minutes, by the share of requests that it fails. */
  readonly foundLeast: number
  readonly found: readonly { readonly size: number; readonly within: number }[]
}

const unitMinutes: Readonly<Record<string, number>> = { d: 1440, h: 60, m: 1, s: 1 / 60 }

/** @returns undefined where it says that a canary proves nothing */
export function saidIn(text: string): Said | undefined {
  const [, least, unit] = /with at least ([\d.,]+) requests? (a minute|an hour)/.exec(text) ?? []
  if (least === undefined) return undefined
  const share = (pattern: RegExp): number => {
    const [, part = NaN, of = NaN] = pattern.exec(text) ?? []
    return Number(part) / Number(of)
  }
  const found = [...text.matchAll(/^# +(\w+) {2}if (every request fails|([\d.]+) % more of its requests fail)/gm)]
  return {
    service: parseDefinition(parse(text)),
    perMinute: Number(least.replaceAll(',', '')) / (unit === 'an hour' ? 60 : 1),
    minutes: minutesIn(/a release without a fault +takes (\w+)/.exec(text)?.[1] ?? ''),
    onTime: /; all of \d+ passed/.test(text) ? 1 : share(/; (\d+) of (\d+) passed/),
    falseMost: share(/by design at most (\d+) in (\d+)/),
    foundLeast: share(/is put back in (\d+) of (\d+) cases/),
    found: found.map(([, within = '', , percent]) => ({
      size: percent === undefined ? 1 : Number(percent) / 100,
      within: minutesIn(within),
    })),
  }
}

function minutesIn(text: string): number {
  const parts = [...text.matchAll(/(\d+)([dhms])/g)]
  if (parts.length === 0) throw new Error(`bug: ${text} is no duration`)
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMinutes[unit] ?? NaN), 0)
}
