// The defences against the deletion of what is in use (docs/versions.md), and of what is tried in a shadow (docs/shadow.md).
import type { Defence } from './defences.ts'

const test = 'functions/versions/prune.test.ts'

export const versionDefences: readonly Defence[] = [
  {
    attack: 'makes the controller delete a function, or versions that nobody lets it delete',
    file: 'cloud/aws/old-versions.ts',
    line: "!versionForm.test(version) || FunctionName === ''",
    without: "version === '?' || FunctionName === ''",
    test,
  },
  {
    attack: 'makes the controller delete a function, or versions that nobody lets it delete',
    file: 'lib/resources.ts',
    line: 'targets.map(({ functionName }) => `${functionArn(scope, functionName)}:*`)',
    without: 'targets.map(({ functionName }) => `${functionArn(scope, functionName)}*`)',
    test,
  },
  {
    attack: 'has a version deleted that is in use, by keeping an answer of AWS from the controller',
    file: 'functions/versions/plan.ts',
    line: 'return [one, [`it cannot be looked up what holds it: ${error.message}`]] as const',
    without: 'return [one, []] as const',
    test,
  },
  {
    attack: 'has a version deleted that is in use, by keeping an answer of AWS from the controller',
    file: 'core/versions/keep.ts',
    line: 'versions.includes(version)).map(({ name })',
    without: 'versions[0] === version).map(({ name })',
    test: 'core/versions/keep.test.ts',
  },
  {
    attack: 'finds the value of a secret in the log: of a variable that changed, or of what a definition names',
    file: 'core/around/configuration.ts',
    line: 'differing(before.hidden, after.hidden, false)',
    without: 'differing(before.hidden, after.hidden, true)',
    test: 'core/around/configuration.test.ts',
  },
  {
    attack: 'has a candidate write before it has any traffic, while it is tried',
    file: 'lib/shadow/shadow.ts',
    line: 'effect: iam.Effect.DENY,',
    without: "effect: iam.Effect.DENY, conditions: { StringEquals: { 'aws:RequestedRegion': 'none' } },",
    test: 'lib/shadow.test.ts',
  },
  {
    attack: 'has a candidate write before it has any traffic, while it is tried',
    file: 'shadow/aws.ts',
    line: 'now.Role === undefined || now.Role === from.Role',
    without: 'now.Role === undefined',
    test: 'shadow/hook.test.ts',
  },
  {
    attack: 'finds what proves who a customer is, or what they paid with, in what is kept for a shadow',
    file: 'core/shadow/redact.ts',
    line: 'without(event, [...never, ...paths])',
    without: 'without(event, [...paths])',
    test: 'core/shadow/input.test.ts',
  },
  {
    attack: 'finds what proves who a customer is, or what they paid with, in what is kept for a shadow',
    file: 'core/shadow/redact.ts',
    line: 'held === undefined ? emptied(value)',
    without: 'held === undefined ? value',
    test: 'core/shadow/input.test.ts',
  },
  {
    attack: "puts samples into the place of another function's",
    file: 'lib/shadow/shadow.ts',
    line: "conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [partitionOf(functionName)] } },",
    without: '',
    test: 'lib/shadow.test.ts',
  },
  {
    attack: 'has a load test take the concurrency of production, or go on when nobody waits for it',
    file: 'lib/shadow/shadow.ts',
    line: '...(load === undefined ? {} : { reservedConcurrentExecutions: load.concurrency }),',
    without: '',
    test: 'lib/shadow.test.ts',
  },
  {
    attack: 'has a load test take the concurrency of production, or go on when nobody waits for it',
    file: 'core/shadow/load.ts',
    line: 'if (reserved === undefined || reserved < concurrency)',
    without: 'if (reserved === undefined)',
    test: 'core/shadow/load.test.ts',
  },
  {
    attack: 'has a load test take the concurrency of production, or go on when nobody waits for it',
    file: 'shadow/load.ts',
    line: 'if (isOver()) break',
    without: '',
    test: 'shadow/load.test.ts',
  },
  {
    attack: 'has a load test take the concurrency of production, or go on when nobody waits for it',
    file: 'shadow/aws-load.ts',
    line: 'nobodyWaits.includes(why)',
    without: "why === ''",
    test: 'shadow/load.test.ts',
  },
  {
    attack: 'has a load test take the concurrency of production, or go on when nobody waits for it',
    file: 'shadow/aws-load.ts',
    line: 'attribute_not_exists(pk) OR',
    without: 'attribute_exists(pk) OR attribute_not_exists(pk) OR',
    test: 'shadow/load.test.ts',
  },
]
