// Application Auto Scaling, only which scalable targets there are. It scales nothing: a test that plays its alarms changes the
// capacity of what is registered.
import { AwsError } from './protocol/aws-error.ts'
import { optionalNumber, text } from './protocol/field.ts'
import { answerJson, type Input, type Operations } from './protocol/json-protocol.ts'
import type { LocalService } from './protocol/service.ts'
import type { LocalClock } from './time/clock.ts'

type Target = { readonly id: string; readonly min: number; readonly max: number; readonly sinceMs: number }

const dimension = 'lambda:function:ProvisionedConcurrency'
// The API reference of RegisterScalableTarget: a version or an alias of a function, and not $LATEST.
const resource = /^function:[\w-]{1,64}:(?!\$LATEST$)[\w-]{1,128}$/

export function localApplicationAutoScaling({ clock }: { readonly clock: LocalClock }): LocalService {
  const targets = new Map<string, Target>()

  function idIn(input: Input): string {
    const id = text(input, 'ResourceId')
    if (
      text(input, 'ServiceNamespace') !== 'lambda' ||
      text(input, 'ScalableDimension') !== dimension ||
      !resource.test(id)
    )
      throw new AwsError('ValidationException', 'Unsupported service namespace, resource type or scalable dimension')
    return id
  }

  const operations: Operations = {
    RegisterScalableTarget(input) {
      const id = idIn(input)
      const known = targets.get(id)
      const [min, max] = [optionalNumber(input, 'MinCapacity'), optionalNumber(input, 'MaxCapacity')]
      const made = { id, min: min ?? known?.min, max: max ?? known?.max, sinceMs: known?.sinceMs ?? clock.nowMs() }
      if (made.min === undefined || made.max === undefined || made.min > made.max)
        throw new AwsError('ValidationException', 'Minimum capacity cannot be greater than maximum capacity')
      targets.set(id, { ...made, min: made.min, max: made.max })
      return {}
    },
    DeregisterScalableTarget(input) {
      const id = idIn(input)
      if (!targets.delete(id)) throw new AwsError('ObjectNotFoundException', `No scalable target found for ${id}`)
      return {}
    },
    DescribeScalableTargets(input) {
      const { ResourceIds } = input as { readonly ResourceIds?: readonly string[] }
      const found = [...targets.values()].filter(({ id }) => ResourceIds === undefined || ResourceIds.includes(id))
      return {
        ScalableTargets: found.map(({ id, min, max, sinceMs }) => ({
          ...{ ServiceNamespace: 'lambda', ScalableDimension: dimension, ResourceId: id },
          ...{ MinCapacity: min, MaxCapacity: max, CreationTime: sinceMs / 1000, RoleARN: 'service-linked' },
        })),
      }
    },
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}
