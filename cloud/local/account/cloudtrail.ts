// AWS CloudTrail, only as far as reading and setting up trails. Each service makes its own trail events (lambda/trail.ts). They
// arrive on the bus with or without a trail, because nothing here reads the trails.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { list, text } from '../protocol/field.ts'
import { answerJson, type Input, type Operations } from '../protocol/json-protocol.ts'
import { account, defaultRegion, type LocalService } from '../protocol/service.ts'

type Trail = {
  readonly name: string
  readonly bucket: string
  readonly multiRegion: boolean
  readonly startedMs: number | undefined
  readonly basic: readonly unknown[]
  readonly advanced: readonly unknown[]
}

/** The default event selectors of a new trail (API reference of GetEventSelectors). */
const usual = [
  { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
]
const arnOf = (name: string): string => `arn:aws:cloudtrail:${defaultRegion}:${account}:trail/${name}`

export function localCloudTrail({ clock }: { readonly clock: LocalClock }): LocalService {
  const trails = new Map<string, Trail>()

  const named = (input: Input, field: string): Trail => {
    const name = text(input, field).split(':trail/').at(-1) ?? ''
    const found = trails.get(name)
    if (found !== undefined) return found
    throw new AwsError('TrailNotFoundException', `Unknown trail: ${arnOf(name)} for the user: ${account}`)
  }
  const operations: Operations = {
    CreateTrail(input) {
      const name = text(input, 'Name')
      if (trails.has(name))
        throw new AwsError('TrailAlreadyExistsException', `Trail ${name} already exists for customer: ${account}`)
      const trail = {
        name,
        bucket: text(input, 'S3BucketName'),
        multiRegion: input['IsMultiRegionTrail'] === true,
        // A trail that was created through the API logs nothing until StartLogging.
        startedMs: undefined,
        basic: usual,
        advanced: [],
      }
      trails.set(name, trail)
      return described(trail)
    },
    DescribeTrails(input) {
      const wanted = list(input, 'trailNameList').map(String)
      const found = [...trails.values()].filter(({ name }) => wanted.length === 0 || wanted.includes(name))
      return { trailList: found.map(described) }
    },
    GetTrailStatus(input) {
      const { startedMs } = named(input, 'Name')
      return { IsLogging: startedMs !== undefined, ...(startedMs && { StartLoggingTime: startedMs / 1000 }) }
    },
    StartLogging(input) {
      const trail = named(input, 'Name')
      trails.set(trail.name, { ...trail, startedMs: clock.nowMs() })
    },
    StopLogging(input) {
      const trail = named(input, 'Name')
      trails.set(trail.name, { ...trail, startedMs: undefined })
    },
    ...selectorOperations(trails, named),
    DeleteTrail: (input) => void trails.delete(named(input, 'Name').name),
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}

function selectorOperations(trails: Map<string, Trail>, named: (input: Input, field: string) => Trail): Operations {
  const selectors = ({ name, basic, advanced }: Trail): Record<string, unknown> => ({
    TrailARN: arnOf(name),
    ...(advanced.length > 0 ? { AdvancedEventSelectors: advanced } : { EventSelectors: basic }),
  })
  return {
    GetEventSelectors: (input) => selectors(named(input, 'TrailName')),
    PutEventSelectors(input) {
      const trail = named(input, 'TrailName')
      const changed = {
        ...trail,
        basic: list(input, 'EventSelectors'),
        advanced: list(input, 'AdvancedEventSelectors'),
      }
      if (changed.basic.length > 0 === changed.advanced.length > 0)
        throw new AwsError('InvalidEventSelectorsException', 'Give EventSelectors or AdvancedEventSelectors.')
      trails.set(trail.name, changed)
      return selectors(changed)
    },
  }
}

const described = ({ name, bucket, multiRegion, advanced }: Trail): Record<string, unknown> => ({
  Name: name,
  S3BucketName: bucket,
  IncludeGlobalServiceEvents: true,
  IsMultiRegionTrail: multiRegion,
  HomeRegion: defaultRegion,
  TrailARN: arnOf(name),
  LogFileValidationEnabled: false,
  HasCustomEventSelectors: advanced.length > 0,
  HasInsightSelectors: false,
  IsOrganizationTrail: false,
})
