// Telemetry and Prometheus by parameters. Secrets are named by their ARN; a function reads them when it needs them.
import { Fn, type Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as kms from 'aws-cdk-lib/aws-kms'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { telemetryWatches } from '../../functions/alarms.ts'
import { permissions } from '../../functions/permissions.ts'
import type { ReleaseController, ReleaseControllerProps } from '../controller.ts'
import { onlyIf } from './only-if.ts'
import type { Given } from './parameters.ts'

type Optional = Given['artifactKey']
const ifThere = ({ value, has }: Optional): string =>
  Fn.conditionIf(has.logicalId, value, { Ref: 'AWS::NoValue' }).toString()

/** Both receivers: what is not given is left out. */
export function everyReceiver(
  stack: Stack,
  { otlp, headers, grafana, token, key }: Given['telemetry'],
): NonNullable<ReleaseControllerProps['telemetryOut']> {
  const encryptionKey = kms.Key.fromKeyArn(stack, 'TelemetrySecretsKey', ifThere(key))
  const secret = (id: string, one: Optional): ISecret =>
    Secret.fromSecretAttributes(stack, id, { secretCompleteArn: ifThere(one), encryptionKey })
  return {
    otlp: { url: ifThere(otlp), secret: secret('Headers', headers) },
    grafana: { url: ifThere(grafana), secret: secret('Token', token) },
  }
}

export function telemetryBy({ has }: Given['telemetry'], { node, telemetryOut }: ReleaseController): void {
  if (telemetryOut === undefined) return
  onlyIf(has, telemetryOut, ...telemetryWatches('tidegate').map(({ id }) => node.findChild(id)))
}

/** Who asks a Prometheus, and who checks a definition that names one. */
export function prometheusBy(
  { urls, workspace }: Given['prometheus'],
  stack: Stack,
  { functions }: ReleaseController,
): void {
  const list = Fn.join('', ['["', Fn.join('","', Fn.split(',', urls.value)), '"]'])
  for (const { node } of Object.values(functions)) {
    const resource = node.defaultChild as lambda.CfnFunction
    const value = Fn.conditionIf(urls.has.logicalId, list, { Ref: 'AWS::NoValue' })
    resource.addPropertyOverride('Environment.Variables.TIDEGATE_PROMETHEUS', value)
  }
  const { judge, observe } = functions
  readsWorkspace(stack, workspace, judge, permissions.judge.workspaces)
  readsWorkspace(stack, workspace, observe, permissions.observe.observedWorkspaces)
}

function readsWorkspace(
  stack: Stack,
  { value, has }: Optional,
  fn: lambda.Function,
  actions: readonly string[] = [],
): void {
  const policy = new iam.Policy(stack, `Prometheus${fn.node.id}`, {
    statements: [new iam.PolicyStatement({ actions: [...actions], resources: [value] })],
    ...(fn.role === undefined ? {} : { roles: [fn.role] }),
  })
  onlyIf(has, policy)
}
