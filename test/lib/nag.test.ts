// cdk-nag's AwsSolutions pack over the whole stack: every finding has a reason here, and every reason is still needed.
import { App, Aspects, Stack } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks } from 'cdk-nag'
import { expect, it } from 'vitest'
import { ReleaseController } from '../../lib/controller.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'

/** By the beginning of the finding, after the end of the resource's path. */
const reasons: readonly (readonly [path: RegExp, finding: RegExp, reason: string])[] = [
  [
    /\/[A-Z][A-Za-z]+Role\/DefaultPolicy/,
    /^AwsSolutions-IAM5\[Resource::\*\]/,
    'X-Ray takes no resource, nor do the other actions that test/lib/permissions.test.ts lists (docs/aws.md §9).',
  ],
  [
    /\/(HandOver|Reconcile)Role\//,
    /^AwsSolutions-IAM5\[.*:execution:.*:\*\]/,
    'Executions are named when they start: those of this state machine, and no other.',
  ],
  [
    /\/(Ask|Gate|Hook|OldVersions|OrderRollback|Prepare|Prune|Shift|Watch)Role\//,
    /^AwsSolutions-IAM5\[.*:function:[^:]+:\*\]/,
    'The versions of one named function.',
  ],
  [
    /\/Release\/Role\//,
    /^AwsSolutions-IAM5\[Resource::\*\]/,
    'Log delivery and X-Ray take no resource (Step Functions, "Logging" and "Tracing").',
  ],
  [
    /\/SchedulerRoleForTarget/,
    /^AwsSolutions-IAM5\[.*(Reconcile|Budget|Reports|Measure).*:\*\]/,
    'The CDK grants the versions of one function.',
  ],
  [/\/Provider\/framework/, /^AwsSolutions-IAM[45]/, "The CDK's provider framework, which runs at deploys only."],
  [/\/Lost\//, /^AwsSolutions-SQS3/, 'It is the dead-letter queue: of rules, schedules, functions and the stream.'],
]

it('finds nothing without a written reason', () => {
  const stack = new Stack(new App(), 'Shop')
  const slos = [
    { name: 'paid', sli: { applicationSignals: 'checkout-paid' } },
    { name: 'available', objective: 99.9 },
  ]
  new ReleaseController(stack, 'Tidegate', { services: [{ ...sampleDefinition, slos }] })
  Aspects.of(stack).add(new AwsSolutionsChecks())
  const annotations = Annotations.fromStack(stack)
  const found = [
    ...annotations.findError('*', Match.anyValue()),
    ...annotations.findWarning('*', Match.anyValue()),
  ].map(({ id, entry }) => ({ path: id, finding: entry.data as string }))
  const isFor =
    ({ path, finding }: (typeof found)[number]) =>
    ([place, what]: (typeof reasons)[number]): boolean =>
      place.test(path) && what.test(finding)
  expect(
    found.filter((one) => !reasons.some(isFor(one))).map((one) => `${one.path} ${one.finding.slice(0, 120)}`),
  ).toEqual([])
  expect(reasons.filter((reason) => !found.some((one) => isFor(one)(reason)))).toEqual([])
  expect(found.length).toBeGreaterThan(10)
})
