// The policies of a stack that copies its logs.
import { Duration } from 'aws-cdk-lib'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { synthesised } from './policies.ts'

export const policiesWithCopy = synthesised([sampleDefinition], undefined, {
  logCopy: { retention: Duration.days(30), mode: 'GOVERNANCE' },
})
