// The report that docs/aws.md can cite: what was asked of which account, when, with which versions, and the answers. The account
// number is masked.
import cloudwatch from '@aws-sdk/client-cloudwatch/package.json' with { type: 'json' }
import dynamodb from '@aws-sdk/client-dynamodb/package.json' with { type: 'json' }
import eventbridge from '@aws-sdk/client-eventbridge/package.json' with { type: 'json' }
import iam from '@aws-sdk/client-iam/package.json' with { type: 'json' }
import lambda from '@aws-sdk/client-lambda/package.json' with { type: 'json' }
import s3 from '@aws-sdk/client-s3/package.json' with { type: 'json' }
import sfn from '@aws-sdk/client-sfn/package.json' with { type: 'json' }
import sqs from '@aws-sdk/client-sqs/package.json' with { type: 'json' }
import sts from '@aws-sdk/client-sts/package.json' with { type: 'json' }
import * as z from 'zod'
import type { Lab } from './lab.ts'
import type { Result } from './run.ts'

const Answered = z.strictObject({
  id: z.string(),
  question: z.string(),
  place: z.string(),
  expectation: z.string(),
  source: z.string(),
  kind: z.enum(['asExpected', 'otherwise', 'learned', 'notAsked', 'failed']),
  answer: z.string(),
  measured: z.record(z.string(), z.unknown()).optional(),
  tookSeconds: z.int().min(0),
})

/** Fields may be added but never changed; a different shape needs a new schema. */
export const VerifyReport = z.strictObject({
  schema: z.literal('tidegate-verify/1'),
  /** When the last answer came, by the clock of the machine that ran it. */
  at: z.iso.datetime(),
  region: z.string(),
  account: z.string().regex(/^\*{8}[0-9]{4}$/),
  /** Absent for AWS itself. */
  endpoint: z.string().optional(),
  prefix: z.string(),
  sdk: z.record(z.string(), z.string()),
  /** Whether every chosen experiment was run. */
  complete: z.boolean(),
  answers: z.array(Answered),
  /** Resources that could not be deleted. */
  left: z.array(z.string()),
})
export type VerifyReport = z.output<typeof VerifyReport>

const sdk = { cloudwatch, dynamodb, eventbridge, iam, lambda, s3, sfn, sqs, sts }

const sdkVersions = (): Record<string, string> =>
  Object.fromEntries(Object.entries(sdk).map(([name, { version }]) => [name, version]))

type Parts = {
  readonly lab: Pick<Lab, 'region' | 'accountId' | 'prefix' | 'nowMs'>
  readonly endpoint: string | undefined
  readonly results: readonly Result[]
  readonly complete: boolean
  readonly left: readonly string[]
}

export function reportOf({ lab, endpoint, results, complete, left }: Parts): VerifyReport {
  const { region, accountId, prefix } = lab
  const masked = (text: string): string => text.replaceAll(accountId, `********${accountId.slice(-4)}`)
  const report: VerifyReport = {
    schema: 'tidegate-verify/1',
    at: new Date(lab.nowMs()).toISOString(),
    region,
    account: masked(accountId),
    ...(endpoint === undefined ? {} : { endpoint }),
    prefix,
    sdk: sdkVersions(),
    complete,
    answers: results.map(({ experiment, answer, tookSeconds }) => {
      const { id, question, place, expectation, source } = experiment
      const { kind, says, measured } = answer
      return {
        id,
        question,
        place,
        expectation,
        source,
        kind,
        answer: says,
        ...(measured && { measured }),
        tookSeconds,
      }
    }),
    left: [...left],
  }
  return VerifyReport.parse(JSON.parse(masked(JSON.stringify(report))))
}
