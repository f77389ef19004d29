// The shadows of a team as one template for teams without the CDK. A parameter of CloudFormation is one text, and a shadow says
// for each function what it may read: so they are said in a file, and the construct makes the template (docs/decisions/0075).
import {
  App,
  BootstraplessSynthesizer,
  CfnOutput,
  CfnParameter,
  type IStackSynthesizer,
  Stack,
  Tags,
} from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as kms from 'aws-cdk-lib/aws-kms'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as s3 from 'aws-cdk-lib/aws-s3'
import * as z from 'zod'
import { readInput } from '../../core/problem.ts'
import { Shadow, type ShadowedFunction } from '../shadow/shadow.ts'
import { waitForPoliciesOnly } from '../role-policies.ts'
import { packageParameters, tag } from './parameters.ts'

const arn = (service: string) =>
  z
    .string()
    .max(2048)
    .regex(new RegExp(`^arn:aws[a-z-]*:${service}:.`), 'an ARN')
const id = (kind: string) => z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `an id such as ${kind}-0123abcd`)

const ShadowedByFile = z.looseObject({
  reads: z
    .array(
      z.strictObject({
        actions: z.array(z.string().max(200)).min(1).max(50),
        resources: z
          .array(z.union([z.literal('*'), arn('[a-z0-9-]+')]))
          .min(1)
          .max(50),
      }),
    )
    .max(20)
    .optional(),
  network: z
    .strictObject({ subnets: z.array(id('subnet')).min(1).max(16), securityGroups: z.array(id('sg')).min(1).max(5) })
    .optional(),
  layers: z.array(arn('lambda')).max(5).optional(),
})
/** As the file has them: those of the construct, and what the CDK has objects for by its name. */
const ShadowFile = z.strictObject({
  hook: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,56}$/, 'a name of a function, at most 56')
    .default('tidegate-shadow'),
  encryptionKey: arn('kms').optional(),
  functions: z.record(z.string(), ShadowedByFile),
})

/** @throws Problem `shadow_invalid` */
export function shadowStack(version: string, input: unknown): Stack {
  const { hook, encryptionKey, functions } = readInput(ShadowFile, input, 'shadow_invalid', 'The file of the shadows')
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:enable-path-metadata': false } })
  const stack = new Stack(app, 'TidegateShadow', {
    description: `Tidegate ${version}: shadows, in which versions are tried before they get traffic.`,
    // The CDK's own class is not exact about optional properties.
    synthesizer: new BootstraplessSynthesizer() as unknown as IStackSynthesizer,
  })
  const { packageBucket, packagePrefix } = packageParameters(stack)
  const bucket = s3.Bucket.fromBucketName(stack, 'Package', packageBucket)
  const answer = new CfnParameter(stack, 'AnswerFunction', {
    ...{ type: 'String', allowedPattern: '^[A-Za-z0-9_-]{1,64}$', default: 'tidegate-answer' },
    description: 'The function of the controller that hooks answer to.',
  }).valueAsString
  const shadow = new Shadow(stack, 'Shadow', {
    hookName: hook,
    controller: {
      shadowHookCode: () => lambda.Code.fromBucket(bucket, `${packagePrefix}tidegate-${version}.zip`),
      shadowHookHandler: 'shadowHook.handler',
      grantAnswer: (grantee) =>
        iam.Grant.addToPrincipal({
          ...{ grantee, actions: ['lambda:InvokeFunction'] },
          resourceArns: [`arn:${stack.partition}:lambda:${stack.region}:${stack.account}:function:${answer}`],
        }),
    },
    functions: Object.fromEntries(Object.entries(functions).map(([name, one]) => [name, shadowed(stack, name, one)])),
    ...(encryptionKey === undefined ? {} : { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', encryptionKey) }),
  })
  // The controller may call what has it, and nothing else.
  Tags.of(shadow.hook).add(tag.key, tag.value)
  outputs(stack, shadow, Object.keys(functions))
  waitForPoliciesOnly(stack)
  return stack
}

/** What is not read here the construct reads. */
function shadowed(stack: Stack, name: string, { network, ...rest }: z.output<typeof ShadowedByFile>): ShadowedFunction {
  if (network === undefined) return rest as ShadowedFunction
  const { subnets, securityGroups } = network
  const vpc = ec2.Vpc.fromVpcAttributes(stack, `${name}-network`, {
    ...{ vpcId: 'named by its subnets', availabilityZones: ['any'], privateSubnetIds: subnets.slice(0, 1) },
  })
  return {
    ...(rest as ShadowedFunction),
    network: {
      vpc,
      vpcSubnets: { subnets: subnets.map((one) => ec2.Subnet.fromSubnetId(stack, `${name}-${one}`, one)) },
      securityGroups: securityGroups.map((one) => ec2.SecurityGroup.fromSecurityGroupId(stack, `${name}-${one}`, one)),
    },
  }
}

function outputs(stack: Stack, shadow: Shadow, names: readonly string[]): void {
  const say = (outputId: string, value: string, description: string): void =>
    new CfnOutput(stack, outputId, { value, description }).overrideLogicalId(outputId)
  say('SamplesTable', shadow.table.tableName, 'What the wrapper puts samples into')
  say('Hook', shadow.hook.functionName, 'For hooks of the service: { at: beforeTraffic, function: HOOK, timeout: 15m }')
  for (const [index, name] of names.entries()) {
    const policy = new iam.ManagedPolicy(stack, `Sampling${index + 1}`, {
      description: `Tidegate: keeps samples of ${name}`,
    })
    shadow.grantSampling(policy, name)
    say(`SamplingPolicyArn${index + 1}`, policy.managedPolicyArn, `For the role of ${name}: it keeps samples of itself`)
  }
}
