// How each kind of resource is inspected and deleted.
import { DeleteAlarmsCommand, ListTagsForResourceCommand as TagsOfAlarm } from '@aws-sdk/client-cloudwatch'
import { DeleteTableCommand, ListTagsOfResourceCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteRuleCommand,
  ListTagsForResourceCommand as TagsOfRule,
  ListTargetsByRuleCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { DeleteRoleCommand, DeleteRolePolicyCommand, ListRoleTagsCommand } from '@aws-sdk/client-iam'
import { DeleteFunctionCommand, ListTagsCommand } from '@aws-sdk/client-lambda'
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketTaggingCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import {
  DeleteStateMachineCommand,
  ListExecutionsCommand,
  ListTagsForResourceCommand as TagsOfMachine,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { DeleteQueueCommand, GetQueueUrlCommand, ListQueueTagsCommand } from '@aws-sdk/client-sqs'
import type { Care, Kind } from './belongings.ts'
import type { Clients } from './clients.ts'

export const tagKey = 'tidegate-verify'
/** The name of the inline policy of every role that a run creates. */
export const policyName = 'verify'

type Site = { readonly region: string; readonly accountId: string; readonly prefix: string }
type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined

const ours = (tags: Tags): string | undefined => tags?.find(({ Key }) => Key === tagKey)?.Value
const gone =
  (...names: readonly string[]) =>
  (error: unknown): boolean =>
    error instanceof Error && names.includes(error.name)

export function careOf(clients: Clients, site: Site): Readonly<Record<Kind, Care>> {
  const { cloudwatch, dynamodb, iam, lambda } = clients
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${site.region}:${site.accountId}:${rest}`
  return {
    role: {
      tag: async (RoleName) => ours((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags),
      remove: async (RoleName) => {
        await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: policyName })).catch((error: unknown) => {
          if (!gone('NoSuchEntityException')(error)) throw error
        })
        await iam.send(new DeleteRoleCommand({ RoleName }))
      },
      isGone: gone('NoSuchEntityException'),
      byHand: (name) =>
        `aws iam delete-role-policy --role-name ${name} --policy-name ${policyName}; aws iam delete-role --role-name ${name}`,
    },
    function: {
      tag: async (name) =>
        (await lambda.send(new ListTagsCommand({ Resource: arn('lambda', `function:${name}`) }))).Tags?.[tagKey],
      remove: (FunctionName) => lambda.send(new DeleteFunctionCommand({ FunctionName })),
      isGone: gone('ResourceNotFoundException'),
      byHand: (name) => `aws lambda delete-function --function-name ${name}`,
    },
    table: {
      tag: async (name) => {
        const ResourceArn = arn('dynamodb', `table/${name}`)
        return ours((await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags)
      },
      remove: (TableName) => dynamodb.send(new DeleteTableCommand({ TableName })),
      isGone: gone('ResourceNotFoundException'),
      byHand: (name) => `aws dynamodb delete-table --table-name ${name}`,
    },
    alarm: {
      tag: async (name) => {
        const ResourceARN = arn('cloudwatch', `alarm:${name}`)
        return ours((await cloudwatch.send(new TagsOfAlarm({ ResourceARN }))).Tags)
      },
      remove: (name) => cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [name] })),
      isGone: gone('ResourceNotFound', 'ResourceNotFoundException'),
      byHand: (name) => `aws cloudwatch delete-alarms --alarm-names ${name}`,
    },
    machine: careOfMachines(clients, arn),
    bucket: careOfBuckets(clients, site.prefix),
    queue: careOfQueues(clients),
    rule: careOfRules(clients, arn),
  }
}

type Arn = (service: string, rest: string) => string

function careOfMachines({ sfn }: Clients, arn: Arn): Care {
  const machine = (name: string): string => arn('states', `stateMachine:${name}`)
  return {
    tag: async (name) => {
      const { tags = [] } = await sfn.send(new TagsOfMachine({ resourceArn: machine(name) }))
      return tags.find(({ key }) => key === tagKey)?.value
    },
    remove: async (name) => {
      const stateMachineArn = machine(name)
      const running = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' })
      for (const { executionArn } of (await sfn.send(running)).executions ?? [])
        await sfn.send(new StopExecutionCommand({ executionArn }))
      await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }))
    },
    isGone: gone('StateMachineDoesNotExist', 'ResourceNotFound'),
    byHand: (name) => `aws stepfunctions delete-state-machine --state-machine-arn ${machine(name)}`,
  }
}

function careOfBuckets({ s3 }: Clients, prefix: string): Care {
  const page = (Bucket: string) => s3.send(new ListObjectVersionsCommand({ Bucket }))
  return {
    tag: async (Bucket) => {
      try {
        return ours((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet)
      } catch (error) {
        // A bucket is tagged just after it is created. An untagged bucket that is empty can be deleted without loss.
        const { Versions = [], DeleteMarkers = [] } = gone('NoSuchTagSet')(error) ? await page(Bucket) : {}
        if (gone('NoSuchTagSet')(error) && Versions.length + DeleteMarkers.length === 0) return prefix
        throw error
      }
    },
    remove: async (Bucket) => {
      for (let more = true; more;) {
        const { Versions = [], DeleteMarkers = [], IsTruncated } = await page(Bucket)
        for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
          await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
        more = IsTruncated === true
      }
      await s3.send(new DeleteBucketCommand({ Bucket }))
    },
    isGone: gone('NoSuchBucket'),
    byHand: (name) => `aws s3 rb s3://${name} --force`,
  }
}

function careOfQueues({ sqs }: Clients): Care {
  const urlOf = async (QueueName: string): Promise<string | undefined> =>
    (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl
  return {
    tag: async (name) => (await sqs.send(new ListQueueTagsCommand({ QueueUrl: await urlOf(name) }))).Tags?.[tagKey],
    remove: async (name) => sqs.send(new DeleteQueueCommand({ QueueUrl: await urlOf(name) })),
    isGone: gone('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
    byHand: (name) => `aws sqs delete-queue --queue-url $(aws sqs get-queue-url --queue-name ${name} --output text)`,
  }
}

const careOfRules = ({ events }: Clients, arn: Arn): Care => ({
  tag: async (name) => ours((await events.send(new TagsOfRule({ ResourceARN: arn('events', `rule/${name}`) }))).Tags),
  remove: async (Rule) => {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }))
    const Ids = Targets.map(({ Id = '' }) => Id)
    if (Ids.length > 0) await events.send(new RemoveTargetsCommand({ Rule, Ids }))
    await events.send(new DeleteRuleCommand({ Name: Rule }))
  },
  isGone: gone('ResourceNotFoundException'),
  byHand: (name) => `aws events remove-targets --rule ${name} --ids queue; aws events delete-rule --name ${name}`,
})
