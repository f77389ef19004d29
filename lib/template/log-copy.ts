// The copy of the logs by parameters: in a bucket that is made for it, or in one that is there.
import { CfnOutput, Duration, Fn, type Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as s3 from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { ReleaseController } from '../controller.ts'
import { lockedBucket, type LogCopyProps } from '../log-copy.ts'
import { onlyIf } from './only-if.ts'
import type { Given } from './parameters.ts'

export function copyFor(stack: Stack, { isMade, mode, days, to }: Given['logCopy']): LogCopyProps {
  const made = lockedBucket(new Construct(stack, 'NewLogCopy'), { retention: Duration.days(400), mode: 'GOVERNANCE' })
  const resource = made.node.defaultChild as s3.CfnBucket
  resource.addPropertyOverride('ObjectLockConfiguration.Rule.DefaultRetention', { Mode: mode, Days: days })
  onlyIf(isMade, made)
  const bucketName = Fn.conditionIf(to.has.logicalId, to.value, made.bucketName).toString()
  const bucketArn = `arn:${stack.partition}:s3:::${bucketName}`
  return { bucket: { bucketName, bucketArn, arnForObjects: (pattern) => `${bucketArn}/${pattern}` } }
}

export function copyBy({ has }: Given['logCopy'], stack: Stack, controller: ReleaseController): void {
  const { logCopy } = controller
  if (logCopy === undefined) return
  const description = 'Tidegate: Compares release logs with their copy'
  const policy = new iam.ManagedPolicy(stack, 'LogCopyPolicy', { description })
  logCopy.grantRead(policy)
  const out = new CfnOutput(stack, 'LogCopyPolicyArn', { value: policy.managedPolicyArn, description })
  onlyIf(has, logCopy, policy, out, controller.node.findChild('LogCopyBucket'))
}
