// A function behind a queue and an HTTP API, both attached to its alias, so that they follow the release without any change.
import { Stack, type StackProps } from 'aws-cdk-lib'
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { ReleaseController, ReleasedFunction } from '../../lib/index.ts'

export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    const controller = new ReleaseController(this, 'Tidegate', {
      services: [
        {
          name: 'orders',
          targets: [{ function: 'orders', alias: 'live' }],
          plan: 'Linear10PercentEvery3Minutes',
          signals: { alarms: ['orders-dead-letters'] },
          // A deployment publishes a version. The plan then shifts the traffic; the deployment does not wait for it.
          triggers: { cloudFormation: true },
        },
      ],
    })
    const orders = new lambda.Function(this, 'Orders', {
      functionName: 'orders',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(new URL('../checkout/v1', import.meta.url).pathname),
    })
    const live = new ReleasedFunction(this, 'Live', { controller, function: orders, alias: 'live' })

    const deadLetters = new sqs.Queue(this, 'DeadLetters', { enforceSSL: true })
    const queue = new sqs.Queue(this, 'Queue', {
      enforceSSL: true,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
    })
    new cloudwatch.Alarm(this, 'DeadLetterAlarm', {
      alarmName: 'orders-dead-letters',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible(),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    })
    live.addEventSource(new SqsEventSource(queue))
    new apigateway.HttpApi(this, 'Api', { defaultIntegration: new HttpLambdaIntegration('Live', live) })
  }
}
