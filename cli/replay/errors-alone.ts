// A policy on errors alone, which is all that simulated and pretended releases have.
import type { Service } from '../../core/service/service.ts'

/** Shares of the candidate's good requests that a fault makes fail. */
export const faultSizes: readonly number[] = [0.005, 0.01, 0.05, 0.2, 1]

export const errorsAlone = (service: Service): Service => ({
  ...service,
  signals: {
    ...service.signals,
    alarms: [],
    latency: 'off',
    throttles: 'off',
    cost: 'off',
    coldStarts: 'off',
    memory: 'off',
    custom: [],
    prometheus: [],
  },
})

/** The weight in each minute of a plan whose steps last exactly as long as specified. */
export const weightsByMinute = ({ plan }: Service): readonly number[] =>
  plan.steps.flatMap((step) =>
    Array.from({ length: Math.max(1, Math.round(step.bakeSeconds / 60)) }, () => step.weightBp),
  )
