// What somebody on call has to know now: what needs a person, what of AWS is away, which releases are live, what failed lately,
// and what is not known.
import { budgetRows, type BudgetRow } from './budget-rows.ts'
import { type Failed, fleetView } from './fleet-view.ts'
import type { LiveView } from './live-view.ts'
import { type Need, urgencyOf } from './needs.ts'
import type { Sent } from '../message/sent.ts'
import type { FleetNow } from './service-now.ts'

type OfService = { readonly service: string }

export type OnCallView = Pick<FleetNow, 'nowMs' | 'outages'> & {
  readonly services: number
  /** Every line is stopped. */
  readonly stopped?: NonNullable<FleetNow['stopped']>
  /** The most urgent first. */
  readonly needs: readonly (Need & OfService)[]
  readonly live: readonly (LiveView & OfService)[]
  /** Of the last day, the latest first. */
  readonly failed: readonly (Failed & OfService)[]
  /** Error budgets that burn, or of which less than half is left, the worst first. */
  readonly budgets: readonly BudgetRow[]
  /** What people were told lately, the latest first. Absent where nobody asked. */
  readonly messages?: readonly Sent[]
  readonly unknown: readonly { readonly service?: string; readonly sentence: string }[]
}

export const uncheckedSentence = (services: number): string =>
  `Drift of ${services} ${services === 1 ? 'service' : 'services'} is not checked yet: aliases are read slowly, so that no release has to wait.`

/** The last messages, or why they are not known. */
type Recent = { readonly messages?: readonly Sent[]; readonly because: readonly string[] }

export function onCallView(now: FleetNow, { messages, because }: Recent = { because: [] }): OnCallView {
  const { nowMs, outages, tiles, stopped, unknown, unchecked } = fleetView(now)
  return {
    nowMs,
    outages,
    services: tiles.length,
    needs: tiles
      .flatMap(({ service, needs }) => needs.map((need) => ({ ...need, service })))
      .toSorted((a, b) => urgencyOf(a) - urgencyOf(b)),
    live: tiles
      .flatMap(({ service, live }) => (live === undefined ? [] : [{ ...live, service }]))
      .toSorted((a, b) => b.weightBp - a.weightBp),
    failed: tiles
      .flatMap(({ service, failed }) => (failed === undefined ? [] : [{ ...failed, service }]))
      .toSorted((a, b) => b.atMs - a.atMs),
    budgets: budgetRows(now.services).filter(
      ({ burning, leftShare }) => burning !== 'no' || (leftShare !== undefined && leftShare < 0.5),
    ),
    unknown: [
      ...[...unknown, ...because].map((sentence) => ({ sentence })),
      ...(unchecked === 0 ? [] : [{ sentence: uncheckedSentence(unchecked) }]),
      ...tiles.flatMap(({ service, unknown: own }) => own.map((sentence) => ({ service, sentence }))),
    ],
    ...(messages === undefined ? {} : { messages }),
    ...(stopped === undefined ? {} : { stopped }),
  }
}
