// A stack that sends telemetry, its policies with secrets of the embedded cloud.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager'
import { secretArn } from '../../../cloud/local/secrets.ts'
import { ReleaseController } from '../../../lib/controller.ts'
import { TelemetryOut, type TelemetryOutProps } from '../../../lib/messages/telemetry-out.ts'
import { embeddedRoles } from '../../lib/policies.ts'
import { sampleDefinition } from '../../scenarios/least-privilege.ts'

export const headersArn = secretArn('otlp-headers')
export const tokenArn = secretArn('grafana-token')

/** The part that sends, without the controller around it. @throws Problem `definition_invalid` */
export const telemetryOutOf = (telemetryOut: TelemetryOutProps): TelemetryOut =>
  new TelemetryOut(new Stack(), 'TelemetryOut', telemetryOut, {
    ...{ controller: 'tidegate', environment: {} as never, resources: {} as never },
    controllerFunction: () => {
      throw new Error('it was let through')
    },
  })

function synthesisedWith(telemetryOut: TelemetryOutProps): Stack {
  const stack = new Stack(new App(), 'tidegate', { env: { account: '000000000000', region: 'us-east-1' } })
  new ReleaseController(stack, 'Controller', { services: [sampleDefinition], chat: true, telemetryOut })
  return stack
}

const elsewhere = new Stack(new App(), 'Secrets')
const secret = (id: string, arn: string) => secretsmanager.Secret.fromSecretCompleteArn(elsewhere, id, arn)
const stack = synthesisedWith({
  otlp: { url: 'https://otlp.example.com', secret: secret('Headers', headersArn) },
  grafana: { url: 'https://grafana.example.com', secret: secret('Token', tokenArn) },
})
export const stackWithTelemetry = Template.fromStack(stack)
export const policiesWithTelemetry = embeddedRoles(stack)
