// Where else to look: the candidate's logs, the traces of the release, the runbook. The addresses of AWS's console are those
// that it makes itself (docs/aws.md §17).
import { locate } from '../../location.ts'
import { type Home, homeOf } from '../../origin.ts'
import { own as ownField } from '../../own.ts'
import type { Release } from '../../release/release.ts'
import { hourMs } from '../../time.ts'

export type Link = { readonly label: string; readonly href: string }

const domains: Readonly<Record<string, string>> = {
  aws: 'aws.amazon.com',
  'aws-us-gov': 'amazonaws-us-gov.com',
  'aws-cn': 'amazonaws.cn',
}

/** `%2F` as `*2f`: so the console writes text in the part of its address after `#`. */
const starred = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
    .replaceAll(/%([0-9A-F]{2})/gi, (_, code: string) => `*${code.toLowerCase()}`)

const cloudWatchAt = (domain: string, region: string): string =>
  `https://${[region, 'console', domain].join('.')}/cloudwatch/home?region=${encodeURIComponent(region)}`

const time = (ms: number): string => starred(new Date(ms).toISOString())

/** The log streams of a version have its number in brackets in their names. */
function logsOf(base: string, functionName: string, version: string, fromMs: number, toMs: number): string {
  const query = `fields @timestamp, @message, @logStream\n| filter @logStream like '[${version}]'\n| sort @timestamp desc\n| limit 200`
  const source = starred(`/aws/lambda/${functionName}`)
  return `${base}#logsV2:logs-insights$3FqueryDetail$3D~(end~'${time(toMs)}~start~'${time(fromMs)}~timeType~'ABSOLUTE~tz~'UTC~editorString~'${starred(query)}~source~(~'${source}))`
}

const tracesOf = (base: string, releaseId: string, fromMs: number, toMs: number): string =>
  `${base}#xray:traces/query?~(query~(expression~'${starred(`annotation.releaseId = "${releaseId}"`)})~context~(timeRange~(start~'${time(fromMs)}~end~'${time(toMs)})))`

// The embedded cloud's account, which nobody at AWS has.
const nobody = '000000000000'
const shownMost = 5

/** Where the controller ran, as the log's executions say; `undefined` where AWS's console has nothing of it. */
function homeOfRelease({ executions }: Release): (Home & { readonly domain: string }) | undefined {
  const home = homeOf(executions.at(-1) ?? '')
  const domain = ownField(domains, home.partition)
  if (domain === undefined || home.account === nobody || !/^[a-z0-9-]{5,30}$/.test(home.region)) return undefined
  return { ...home, domain }
}

/** An address of the web that is shown as a link; anything else is not. */
const webAddress = (text: string | undefined): string | undefined =>
  text !== undefined && URL.canParse(text) && new URL(text).protocol === 'https:' ? new URL(text).href : undefined

export function linksOf(release: Release, nowMs: number): readonly Link[] {
  const { targets, service, shifts, requestedAtMs, id, state } = release
  const home = homeOfRelease(release)
  const runbook = webAddress(service.runbook)
  const own = runbook === undefined ? [] : [{ label: 'Runbook of the service', href: runbook }]
  if (home === undefined) return own
  const endMs = state.phase === 'settled' ? state.atMs + hourMs / 2 : nowMs
  const logs = targets.slice(0, shownMost).map(({ functionName, candidate }): Link => {
    const { name, region = home.region } = locate(functionName)
    const fromMs = shifts[0]?.sinceMs ?? requestedAtMs
    return {
      label: `Logs of ${name}, version ${candidate}`,
      href: logsOf(cloudWatchAt(home.domain, region), name, candidate, fromMs, Math.max(endMs, fromMs + hourMs / 60)),
    }
  })
  const traces = tracesOf(
    cloudWatchAt(home.domain, home.region),
    id,
    requestedAtMs,
    Math.max(endMs, requestedAtMs + hourMs / 60),
  )
  return [...own, ...logs, { label: 'Traces of this release', href: traces }]
}
