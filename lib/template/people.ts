// Policies for people and pipelines, to attach to their roles: the CDK's `grant...` of lib/controller.ts, by what people are.
import { CfnOutput, type Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { ReleaseController } from '../controller.ts'

type Given = (controller: ReleaseController, policy: iam.ManagedPolicy) => void

const policies: Readonly<Record<string, readonly [description: string, give: Given]>> = {
  ViewerPolicy: ['Reads releases, and changes nothing', (controller, policy) => controller.grantRead(policy)],
  PipelinePolicy: [
    'Releases, asks whether it may, says how tests went, and reads',
    (controller, policy) => {
      controller.grantStart(policy)
      controller.grantAsk(policy)
      controller.grantAttest(policy)
      controller.grantRead(policy)
    },
  ],
  OnCallPolicy: [
    'Puts traffic back, pauses, stops the line, rehearses, and reads',
    (controller, policy) => {
      controller.grantRollBack(policy)
      controller.grantPause(policy)
      controller.grantStopLine(policy)
      controller.grantDrill(policy)
      controller.grantRead(policy)
    },
  ],
  ApproverPolicy: [
    'Approves and declines releases, and reads',
    (controller, policy) => {
      controller.grantApprove(policy)
      controller.grantRead(policy)
    },
  ],
  DefinerPolicy: [
    'Registers, changes and removes services, and reads',
    (controller, policy) => {
      controller.grantApply(policy)
      controller.grantRead(policy)
    },
  ],
}

export function policiesOfPeople(stack: Stack, controller: ReleaseController): void {
  for (const [id, [words, give]] of Object.entries(policies)) {
    const description = `Tidegate: ${words}`
    const policy = new iam.ManagedPolicy(stack, id, { description })
    give(controller, policy)
    new CfnOutput(stack, `${id}Arn`, { value: policy.managedPolicyArn, description })
  }
}
