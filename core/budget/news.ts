// The error-budget events that we publish, with source `tidegate.budget`. Fields may be added, but never changed or removed.
import * as z from 'zod'
import { type Budget, type Burning, severities } from './budget.ts'
import type { Service } from '../service/service.ts'
import { SloName } from '../service/slo.ts'

export const budgetSource = 'tidegate.budget'

const header = {
  schemaVersion: z.literal(1),
  metadata: z.strictObject({
    eventId: z.string().max(120).describe('the same whenever the event is sent again'),
    occurredAt: z.iso.datetime(),
  }),
  service: z.string().max(40),
  slo: SloName,
  runbook: z.string().max(1000).optional(),
}
const severity = z.enum(severities)

/** By detail-type. */
export const budgetDetails = {
  'Budget Changed': z.strictObject({
    ...header,
    leftPercent: z.number().max(100).describe('of the budget; negative when more than there was is gone'),
    leftStep: z.int().min(0).max(100).describe('the step that was reached: 100, 75, 50, 25, 10 or 0'),
    windowStart: z.iso.datetime().optional().describe('absent when Application Signals counts'),
    windowEnd: z.iso.datetime().optional(),
  }),
  'Budget Burning': z.strictObject({
    ...header,
    severity,
    burnRate: z.number().min(0).describe('1 uses the budget up exactly at the end of the window'),
    threshold: z.number().min(0),
    longWindowHours: z.number().min(0),
    shortWindowMinutes: z.number().min(0),
    dedupKey: z.string().max(200).describe('service, SLO, severity and release'),
    releaseId: z.string().max(64).optional().describe('the release that was live in the long window'),
  }),
  'Budget Burn Ended': z.strictObject({ ...header, severity }),
} as const

type News = {
  readonly [T in keyof typeof budgetDetails]: {
    readonly detailType: T
    readonly detail: z.output<(typeof budgetDetails)[T]>
  }
}[keyof typeof budgetDetails]

type About = { readonly service: Pick<Service, 'name' | 'runbook'>; readonly slo: string; readonly atMs: number }

const headerOf = ({ service, slo, atMs }: About, what: string) => ({
  schemaVersion: 1 as const,
  metadata: { eventId: `${service.name}/${slo}/${what}/${atMs}`, occurredAt: new Date(atMs).toISOString() },
  service: service.name,
  slo,
  ...(service.runbook === undefined ? {} : { runbook: service.runbook }),
})

/** Percent left at which a `Budget Changed` event is sent. */
const steps = [100, 75, 50, 25, 10, 0]

/** @returns the percent left, and the step at or below it */
export function leftOf({ spent = 0 }: Pick<Budget, 'spent'>): { readonly percent: number; readonly step: number } {
  const percent = Math.round((1 - spent) * 10_000) / 100
  return { percent, step: steps.find((step) => percent >= step) ?? 0 }
}

export function changed(about: About, budget: Pick<Budget, 'spent'> & Partial<Pick<Budget, 'window'>>): News {
  const { percent: leftPercent, step: leftStep } = leftOf(budget)
  const { window } = budget
  const iso = (ms: number): string => new Date(ms).toISOString()
  return {
    detailType: 'Budget Changed',
    detail: {
      ...headerOf(about, 'left'),
      leftPercent,
      leftStep,
      ...(window === undefined ? {} : { windowStart: iso(window.startMs), windowEnd: iso(window.endMs) }),
    },
  }
}

export function burns(about: About, { rule, rate, factor }: Burning, releaseId: string | undefined): News {
  const { service, slo } = about
  return {
    detailType: 'Budget Burning',
    detail: {
      ...headerOf(about, rule.severity),
      severity: rule.severity,
      burnRate: rate,
      threshold: factor,
      longWindowHours: rule.hours,
      shortWindowMinutes: rule.shortMinutes,
      dedupKey: [service.name, slo, rule.severity, releaseId ?? 'no-release'].join('/'),
      ...(releaseId === undefined ? {} : { releaseId }),
    },
  }
}

export const burnEnded = (about: About, severity: Burning['rule']['severity']): News => ({
  detailType: 'Budget Burn Ended',
  detail: { ...headerOf(about, `${severity}-ended`), severity },
})
