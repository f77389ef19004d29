// How long the command line waits for an answer. The SDK would wait for as long as the operating system does: minutes where
// nothing answers, and forever where a connection is open and silent.

/** Tables, aliases and metrics answer within milliseconds. The SDK asks again three times. */
export const networkLimits = { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true } as const

/** API Gateway gives a function 30 seconds. */
export const apiAnswersWithinMs = 35_000
