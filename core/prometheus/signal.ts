// What a signal of a Prometheus is: where it is asked, and what its expressions say. What is wrong with one is said when a
// definition is applied, and not when it is read (core/service/definition.ts).
import * as z from 'zod'
import { Problem } from '../problem.ts'
import { type Home, homeOf, isSame, siteWords } from '../origin.ts'
import { wrongInPromql } from './promql.ts'
import { workspaceArn } from './workspace.ts'

const Workspace = z
  .string()
  .regex(
    workspaceArn,
    'the ARN of a workspace, such as arn:aws:aps:eu-west-1:111122223333:workspace/ws-12345678-aaaa-bbbb-cccc-1234567890ab',
  )
const promql = (words: string) => z.string().min(1).max(2000).optional().describe(words)

/** What a signal of a Prometheus says besides how it counts (core/service/signals.ts). */
export const prometheusFields = {
  name: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, 'use lower-case letters, digits and -, at most 30'),
  workspace: Workspace.optional().describe(
    'A workspace of Amazon Managed Service for Prometheus, in the account and region of the controller.',
  ),
  url: z
    .string()
    .max(500)
    .optional()
    .describe('Or the address of another Prometheus, as the installation allows it, without /api/v1.'),
  bad: promql(
    'PromQL: how many bad events there were in a minute. `{version}`, `{function}` and `{alias}` are replaced, in quotes.',
  ),
  total: promql('PromQL: out of how many events.'),
  sum: promql('Instead of `bad` and `total`, for a mean: the sum of the values in a minute.'),
  samples: promql('The number of the values in a minute.'),
  worse: z.enum(['higher', 'lower']).default('higher').describe('Of a mean: which direction is bad.'),
}
type Fields = z.output<z.ZodObject<typeof prometheusFields>>
type Asking = { readonly name: string; readonly signals: { readonly prometheus?: readonly Fields[] | undefined } }

/** Each with the field that it is about. */
export function wrongInPrometheus(signal: Fields): readonly (readonly [readonly string[], string])[] {
  const { workspace, url, bad, total, sum, samples, worse } = signal
  const isCount = bad !== undefined && total !== undefined && sum === undefined && samples === undefined
  const isMean = sum !== undefined && samples !== undefined && bad === undefined && total === undefined
  const expressions = [
    ['bad', bad, true],
    ['total', total, true],
    ['sum', sum, false],
    ['samples', samples, false],
  ] as const
  const address = url === undefined ? undefined : wrongInAddress(url)
  return [
    ...((workspace === undefined) === (url === undefined)
      ? [[[], 'name one place: `workspace`, or `url`'] as const]
      : []),
    ...(address === undefined ? [] : [[['url'], address] as const]),
    ...(isCount || isMean ? [] : [[[], 'give `bad` and `total`, or `sum` and `samples`'] as const]),
    ...(isCount && worse === 'lower' ? [[['worse'], 'of counts, more is worse: count what is bad'] as const] : []),
    ...expressions.flatMap(([field, expression, isOfCount]) =>
      expression === undefined ? [] : wrongInPromql(expression, isOfCount).map((words) => [[field], words] as const),
    ),
  ]
}

/** What is wrong with the address of a Prometheus. Nothing may be hidden in it: it is compared letter by letter. */
export function wrongInAddress(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['https:', 'http:'].includes(url.protocol)) return 'an address, https:// or http://'
  const isPlain = url.username === '' && url.password === '' && !address.includes('?') && !address.includes('#')
  const bare = `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
  return isPlain && bare === address
    ? undefined
    : 'an address without a user, a query, the usual port and a slash at its end, in lower case'
}

/**
 * What an installation may not read: workspaces that are elsewhere, and addresses that it does not allow; each as a sentence.
 * @param allowed the addresses that the installation allows
 * @param home where it is; a stack that may be deployed anywhere does not know
 */
function refusedSources(
  { signals }: Pick<Asking, 'signals'>,
  allowed: readonly string[],
  home: Home | undefined,
): readonly string[] {
  return (signals.prometheus ?? []).flatMap(({ name, workspace, url }) => {
    if (workspace !== undefined && home !== undefined && !isSame(homeOf(workspace), home))
      return [`Signal ${name} is read from a workspace of ${siteWords(homeOf(workspace))}.`]
    return url === undefined || allowed.includes(url)
      ? []
      : [`Signal ${name} is read from ${url}, which is not allowed.`]
  })
}

/** @throws Problem `prometheus_refused` */
export function checkSources(service: Asking, allowed: readonly string[], home?: Home): void {
  const refused = refusedSources(service, allowed, home)
  if (refused.length > 0)
    throw new Problem(
      'prometheus_refused',
      `This installation cannot judge ${service.name}. ${refused.slice(0, 5).join(' ')}`,
    )
}
