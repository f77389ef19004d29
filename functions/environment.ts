// The environment variables that a function and its stack share. Renaming one here is a compile error wherever it is set.
import * as z from 'zod'
import { issuesSentence } from '../core/problem.ts'
import { Reach } from '../core/reach/reach.ts'
import { Timetable } from '../core/service/timetable.ts'

export const Environment = z.object({
  TIDEGATE_TABLE: z.string().min(3).max(255),
  TIDEGATE_STATE_MACHINE_ARN: z.string().startsWith('arn:').max(500),
  TIDEGATE_TOPIC_ARN: z.string().startsWith('arn:').max(500),
  TIDEGATE_TICKETS_ARN: z.string().startsWith('arn:').max(500),
  /** The topic of a chat, if there is one. */
  TIDEGATE_CHAT_ARN: z.string().startsWith('arn:').max(500).exactOptional(),
  /** Where the pages are that messages link to, if anywhere. */
  TIDEGATE_CONSOLE_URL: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .exactOptional(),
  /** The installation's quiet windows, as JSON. */
  TIDEGATE_QUIET: z.string().max(3000).exactOptional(),
  TIDEGATE_BUS: z.string().min(1).max(500),
  /** What an installation that was made before its services may reach, as JSON. Without it: what was deployed for each. */
  TIDEGATE_REACH: z.string().max(3000).exactOptional(),
  /** Addresses that services may name as a Prometheus, as JSON. */
  TIDEGATE_PROMETHEUS: z.string().max(3000).exactOptional(),
})
export type Environment = z.output<typeof Environment>

/** What `copyLog` has besides: the bucket with the copy of the logs. */
export const CopyEnvironment = Environment.extend({ TIDEGATE_LOG_COPY: z.string().min(3).max(63) })
export type CopyEnvironment = z.output<typeof CopyEnvironment>

const address = z.string().max(500)
const secretArn = z.string().startsWith('arn:').max(500)
/** What `sendTelemetry` has besides: where to, and the secrets that it reads. */
export const TelemetryEnvironment = Environment.extend({
  TIDEGATE_OTLP_URL: address.exactOptional(),
  TIDEGATE_OTLP_SECRET: secretArn.exactOptional(),
  TIDEGATE_GRAFANA_URL: address.exactOptional(),
  TIDEGATE_GRAFANA_SECRET: secretArn.exactOptional(),
})
export type TelemetryEnvironment = z.output<typeof TelemetryEnvironment>

/** Each only whole. */
export const receiversIn = ({
  TIDEGATE_OTLP_URL: otlp,
  TIDEGATE_OTLP_SECRET: headers,
  TIDEGATE_GRAFANA_URL: grafana,
  TIDEGATE_GRAFANA_SECRET: token,
}: TelemetryEnvironment) => ({
  ...(otlp === undefined ? {} : { otlp: { url: otlp, ...(headers === undefined ? {} : { secret: headers }) } }),
  ...(grafana === undefined || token === undefined ? {} : { grafana: { url: grafana, secret: token } }),
})

/** The stack has checked them. */
export const quietWindows = ({ TIDEGATE_QUIET }: Pick<Environment, 'TIDEGATE_QUIET'>): Timetable =>
  Timetable.parse(JSON.parse(TIDEGATE_QUIET ?? '[]'))

/** What `tidegate apply` may register; `undefined` where the stack is made for its services. */
export const reachOf = ({ TIDEGATE_REACH }: Pick<Environment, 'TIDEGATE_REACH'>): Reach | undefined =>
  TIDEGATE_REACH === undefined ? undefined : Reach.parse(JSON.parse(TIDEGATE_REACH))

const Urls = z.array(z.string()).max(20)
export const prometheusUrlsOf = ({
  TIDEGATE_PROMETHEUS,
}: Pick<Environment, 'TIDEGATE_PROMETHEUS'>): readonly string[] => Urls.parse(JSON.parse(TIDEGATE_PROMETHEUS ?? '[]'))

/** Read once, when the function starts: if a variable is missing, it must fail then and not in the middle of a release. */
export function readEnvironment<E>(variables: Readonly<Record<string, string | undefined>>, schema: z.ZodType<E>): E {
  const parsed = schema.safeParse(variables)
  if (parsed.success) return parsed.data
  throw new Error(`The function's environment is not complete: ${issuesSentence(parsed.error.issues)}.`)
}
