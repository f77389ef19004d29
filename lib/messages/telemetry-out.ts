// Telemetry for whoever asks for it: a rule gives announcements to a queue, and the queue to a function that sends them by OTLP
// and to Grafana. A queue, and no rule to the function alone: a receiver may be away for longer than Lambda's two retries last.
import { Duration, Stack, Token } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { Problem } from '../../core/problem.ts'
import type { Environment, TelemetryEnvironment } from '../../functions/environment.ts'
import type { Scope } from '../../functions/permissions.ts'
import { telemetryQueue, toldToReceivers, unsentQueue } from '../../functions/rules.ts'

export type TelemetryOutProps = {
  /** A receiver of OTLP over HTTP: the trace of each release, and metrics. */
  readonly otlp?: {
    /** Without `/v1/traces`. */
    readonly url: string
    /** Holds the headers, such as `authorization=Bearer%20TOKEN`, and nothing else. */
    readonly secret?: ISecret
  }
  /** An annotation for each release. */
  readonly grafana?: {
    readonly url: string
    /** Holds the token of a service account, and nothing else. */
    readonly secret: ISecret
  }
}

type Resources = Readonly<Record<Scope, readonly string[]>>
type Installed = {
  readonly controller: string
  readonly environment: Environment
  readonly resources: Resources
  /** Makes the function in a scope (lib/controller-functions.ts). */
  readonly controllerFunction: (
    scope: Construct,
    part: {
      readonly verb: 'sendTelemetry'
      readonly controller: string
      readonly environment: TelemetryEnvironment
      readonly resources: Resources
    },
  ) => { readonly fn: lambda.Function }
}

export class TelemetryOut extends Construct {
  readonly function: lambda.Function
  /** What a receiver did not take for a day. */
  readonly unsent: sqs.Queue

  /** @throws Problem `definition_invalid` */
  constructor(
    scope: Construct,
    id: string,
    { otlp, grafana }: TelemetryOutProps,
    { controller, environment, resources, controllerFunction }: Installed,
  ) {
    super(scope, id)
    if (otlp === undefined && grafana === undefined)
      throw new Problem('definition_invalid', 'Telemetry needs `otlp`, `grafana` or both.')
    this.unsent = new sqs.Queue(this, 'Unsent', {
      ...{ queueName: `${controller}-${unsentQueue}`, enforceSSL: true },
      retentionPeriod: Duration.seconds(telemetryQueue.unsentSeconds),
    })
    const waiting = new sqs.Queue(this, 'Waiting', {
      ...{ queueName: `${controller}-telemetry`, enforceSSL: true },
      retentionPeriod: Duration.seconds(telemetryQueue.keptSeconds),
      visibilityTimeout: Duration.seconds(telemetryQueue.hiddenSeconds),
      deadLetterQueue: { queue: this.unsent, maxReceiveCount: telemetryQueue.receives },
    })
    const secrets = [otlp?.secret, grafana?.secret].filter((one) => one !== undefined)
    this.function = controllerFunction(this, {
      ...{ verb: 'sendTelemetry', controller },
      environment: {
        ...environment,
        ...(otlp && { TIDEGATE_OTLP_URL: addressIn(otlp.url) }),
        ...(otlp?.secret && { TIDEGATE_OTLP_SECRET: otlp.secret.secretArn }),
        ...(grafana && {
          ...{ TIDEGATE_GRAFANA_URL: addressIn(grafana.url), TIDEGATE_GRAFANA_SECRET: grafana.secret.secretArn },
        }),
      },
      resources: {
        ...resources,
        telemetryQueue: [waiting.queueArn],
        telemetrySecrets: secrets.map(({ secretArn, secretFullArn }) => secretFullArn ?? `${secretArn}-??????`),
        telemetryKeys: secrets.flatMap(({ encryptionKey }) => encryptionKey?.keyArn ?? []),
      },
    }).fn
    new lambda.EventSourceMapping(this, 'Events', {
      ...{ target: this.function, eventSourceArn: waiting.queueArn, batchSize: 10, maxConcurrency: 2 },
      reportBatchItemFailures: true,
    })
    this.tell(controller, waiting)
  }

  private tell(controller: string, queue: sqs.Queue): void {
    const rule = new events.Rule(this, 'Told', {
      ruleName: `${controller}-telemetry`,
      eventPattern: patternFor(Stack.of(this).account),
    })
    rule.addTarget(new targets.SqsQueue(queue, { maxEventAge: Duration.hours(24), retryAttempts: 185 }))
  }
}

function patternFor(of: string): events.EventPattern {
  const { account, source, 'detail-type': detailType } = toldToReceivers(of)
  return { account, source, detailType }
}

/** @throws Problem `definition_invalid` */
function addressIn(url: string): string {
  if (Token.isUnresolved(url) || /^https:\/\/[^\s"'<>?#@]+$/.test(url)) return url
  throw new Problem(
    'definition_invalid',
    'The address of a receiver begins with https://, and has no query and no password.',
  )
}
