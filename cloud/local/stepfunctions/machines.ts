// State machines, and the API operations on them. An update affects only executions that start later.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { list, optionalText, text } from '../protocol/field.ts'
import type { Input, Operations } from '../protocol/json-protocol.ts'
import { account, defaultRegion } from '../protocol/service.ts'
import type { Definition } from './definition.ts'
import { parseDefinition } from './validation.ts'

type Machine = {
  readonly arn: string
  readonly name: string
  readonly createdMs: number
  readonly roleArn: string
  readonly source: string
  readonly tags: readonly unknown[]
  readonly definition: Definition
}

export type Machines = {
  /** @throws AwsError StateMachineDoesNotExist */
  named(arn: string): Machine
  readonly operations: Operations
}

export function stateMachines({ clock }: { readonly clock: LocalClock }): Machines {
  const machines = new Map<string, Machine>()

  const named = (arn: string): Machine => {
    const machine = machines.get(arn)
    if (machine === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
    return machine
  }

  function create(input: Input): unknown {
    const name = text(input, 'name')
    if (!/^[0-9A-Za-z_-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    const type = optionalText(input, 'type') ?? 'STANDARD'
    if (type !== 'STANDARD')
      throw new AwsError('ValidationException', `Only STANDARD is implemented in the embedded cloud, not ${type}.`)
    const arn = `arn:aws:states:${defaultRegion}:${account}:stateMachine:${name}`
    const source = text(input, 'definition')
    const roleArn = text(input, 'roleArn')
    const created = {
      arn,
      name,
      createdMs: clock.nowMs(),
      roleArn,
      source,
      tags: list(input, 'tags'),
      definition: parseDefinition(source),
    }
    const known = machines.get(arn)
    if (known !== undefined && (known.source !== source || known.roleArn !== roleArn)) {
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`)
    }
    machines.set(arn, known ?? created)
    return { stateMachineArn: arn, creationDate: (known ?? created).createdMs / 1000 }
  }

  const operations: Operations = {
    CreateStateMachine: create,
    UpdateStateMachine(input) {
      const machine = named(text(input, 'stateMachineArn'))
      const source = optionalText(input, 'definition') ?? machine.source
      const roleArn = optionalText(input, 'roleArn') ?? machine.roleArn
      machines.set(machine.arn, { ...machine, roleArn, source, definition: parseDefinition(source) })
      return { updateDate: clock.nowMs() / 1000 }
    },
    DescribeStateMachine(input) {
      const machine = named(text(input, 'stateMachineArn'))
      return { ...summary(machine), status: 'ACTIVE', definition: machine.source, roleArn: machine.roleArn }
    },
    // AWS also succeeds when the state machine does not exist.
    DeleteStateMachine: (input) => void machines.delete(text(input, 'stateMachineArn')),
    ListTagsForResource: (input) => ({ tags: named(text(input, 'resourceArn')).tags }),
    ListStateMachines: () => ({ stateMachines: [...machines.values()].map(summary) }),
  }

  return { named, operations }
}

const summary = ({ arn, name, createdMs }: Machine): Record<string, unknown> => ({
  stateMachineArn: arn,
  name,
  type: 'STANDARD',
  creationDate: createdMs / 1000,
})
