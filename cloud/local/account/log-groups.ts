// CloudWatch Logs, only log groups and their retention: nothing writes logs here.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { optionalText, text } from '../protocol/field.ts'
import { answerJson, type Input, type Operations } from '../protocol/json-protocol.ts'
import { account, defaultRegion, type LocalService } from '../protocol/service.ts'

export function localLogs({ clock }: { readonly clock: LocalClock }): LocalService {
  type Group = { readonly name: string; readonly madeMs: number; readonly days?: number }
  const groups = new Map<string, Group>()
  const named = (input: Input): Group => {
    const found = groups.get(text(input, 'logGroupName'))
    if (found !== undefined) return found
    throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.')
  }
  const operations: Operations = {
    CreateLogGroup(input) {
      const name = text(input, 'logGroupName')
      if (groups.has(name))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
      groups.set(name, { name, madeMs: clock.nowMs() })
    },
    DeleteLogGroup: (input) => void groups.delete(named(input).name),
    PutRetentionPolicy(input) {
      const days = input['retentionInDays']
      if (typeof days !== 'number' || !Number.isInteger(days) || days < 1)
        throw new AwsError('InvalidParameterException', 'retentionInDays is not valid.')
      groups.set(named(input).name, { ...named(input), days })
    },
    DeleteRetentionPolicy(input) {
      const { name, madeMs } = named(input)
      groups.set(name, { name, madeMs })
    },
    DescribeLogGroups(input) {
      const prefix = optionalText(input, 'logGroupNamePrefix') ?? ''
      const found = [...groups.values()].filter(({ name }) => name.startsWith(prefix))
      return {
        logGroups: found.map(({ name, madeMs, days }) => ({
          logGroupName: name,
          creationTime: madeMs,
          ...(days === undefined ? {} : { retentionInDays: days }),
          metricFilterCount: 0,
          arn: `arn:aws:logs:${defaultRegion}:${account}:log-group:${name}:*`,
          storedBytes: 0,
        })),
      }
    },
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}
