// Parameter Store of AWS Systems Manager, only what a function that looks when a parameter changed needs: no value is returned.
import { AwsError } from './protocol/aws-error.ts'
import { text } from './protocol/field.ts'
import { answerJson, type Operations } from './protocol/json-protocol.ts'
import type { LocalService } from './protocol/service.ts'
import type { LocalClock } from './time/clock.ts'

type Parameter = { readonly version: number; readonly changedMs: number; readonly type: string }
type Filter = { readonly Key?: string; readonly Option?: string; readonly Values?: readonly string[] }

export function localParameters({ clock }: { readonly clock: LocalClock }): LocalService {
  const parameters = new Map<string, Parameter>()

  const operations: Operations = {
    PutParameter(input) {
      const name = text(input, 'Name')
      const before = parameters.get(name)
      if (before !== undefined && input['Overwrite'] !== true)
        throw new AwsError('ParameterAlreadyExists', 'The parameter already exists.')
      text(input, 'Value')
      const type = typeof input['Type'] === 'string' ? input['Type'] : 'String'
      const version = (before?.version ?? 0) + 1
      parameters.set(name, { version, changedMs: clock.nowMs(), type })
      return { Version: version, Tier: 'Standard' }
    },
    DescribeParameters(input) {
      const filters = (input['ParameterFilters'] ?? []) as readonly Filter[]
      const isWanted = (name: string): boolean =>
        filters.every(({ Key, Option = 'Equals', Values = [] }) => {
          if (Key !== 'Name' || Option !== 'Equals')
            throw new AwsError('InvalidFilterOption', 'Only parameters by their names are looked up here.')
          return Values.includes(name)
        })
      const found = [...parameters].filter(([name]) => isWanted(name))
      return {
        Parameters: found.map(([Name, { version, changedMs, type }]) => ({
          ...{ Name, Type: type, Version: version, Tier: 'Standard', DataType: 'text' },
          LastModifiedDate: changedMs / 1000,
        })),
      }
    },
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}
