// The defences against the deletion of what is in use (docs/versions.md).
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
]
