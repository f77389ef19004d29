// Stack outputs, printed at the end of a deployment: the names that the command line needs, where pages go, and what to do next.
import { CfnOutput } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import type * as sns from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'

type Installed = {
  readonly name: string
  readonly table: Pick<dynamodb.ITable, 'tableName'>
  readonly topics: Readonly<Record<'page' | 'ticket', sns.ITopic>> & { readonly chat: sns.ITopic | undefined }
  readonly api: Pick<HttpApi, 'apiEndpoint'>
  /** With the copy of the logs. */
  readonly copy: Pick<IBucket, 'bucketName'> | undefined
}

export function printNext(scope: Construct, { name, table, topics, api, copy }: Installed): void {
  const out = (id: string, value: string, description: string) => new CfnOutput(scope, id, { value, description })
  out('TableName', table.tableName, 'TIDEGATE_TABLE of the command line')
  out('Prefix', name, 'TIDEGATE_PREFIX of the command line')
  out('Api', api.apiEndpoint, 'TIDEGATE_API of the command line')
  out('PagesTopicArn', topics.page.topicArn, 'Pages: subscribe whoever is on call, and confirm the mail that follows')
  out('TicketsTopicArn', topics.ticket.topicArn, 'Tickets: subscribe whoever reads them in the morning, and confirm')
  if (topics.chat !== undefined)
    out('ChatTopicArn', topics.chat.topicArn, 'For Amazon Q Developer: name it in the configuration of the channel')
  if (copy !== undefined) out('LogCopyBucket', copy.bucketName, 'tidegate log RELEASE --verify --copy BUCKET')
  out(
    'Next',
    `TIDEGATE_TABLE=${table.tableName} TIDEGATE_PREFIX=${name} TIDEGATE_API=${api.apiEndpoint} tidegate doctor`,
    'Says what is still missing, and how to mend it',
  )
}
