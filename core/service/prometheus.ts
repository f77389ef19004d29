// Whether a signal of a Prometheus is one: what it names, where it is asked, what its expressions say. Checked when a definition is
// applied, and not when it is read (definition.ts).
import { Problem } from '../problem.ts'
import { type Home, homeOf, isSame, siteWords } from '../origin.ts'
import { wrongInPromql } from './promql.ts'
import type { Service } from './service.ts'
import type { PrometheusSignal } from './signals.ts'

/** Each with the field that it is about. */
export function wrongInPrometheus(signal: PrometheusSignal): readonly (readonly [readonly string[], string])[] {
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
  { signals }: Pick<Service, 'signals'>,
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
export function checkSources(service: Service, allowed: readonly string[], home?: Home): void {
  const refused = refusedSources(service, allowed, home)
  if (refused.length > 0)
    throw new Problem(
      'prometheus_refused',
      `This installation cannot judge ${service.name}. ${refused.slice(0, 5).join(' ')}`,
    )
}
