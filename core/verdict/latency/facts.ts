// What a baseline says about stable's durations, in the form that the latency process needs. What a log does not say is unknown.
import { type LatencyFacts, usualSlope } from './latency-process.ts'

type Known = {
  readonly thresholdsMs: readonly number[]
  readonly durations?:
    | {
        readonly cuts: readonly { readonly share: number; readonly slope: number; readonly past: readonly number[] }[]
        readonly invocations: readonly number[]
      }
    | undefined
}

export const latencyFacts = ({ thresholdsMs, durations }: Known): LatencyFacts => ({
  cuts: thresholdsMs.map((_, index) => durations?.cuts[index] ?? { slope: usualSlope, past: [] }),
  requests: durations?.invocations ?? [],
})
