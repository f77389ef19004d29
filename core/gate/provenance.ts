// What the policies are told of a candidate's provenance, and what a person is told when it does not suffice.
import type { Attested } from './counting.ts'
import { nameWords } from '../foreign-text.ts'
import type { GateContext } from './policy.ts'
import type { Gates } from '../service/gates.ts'

type Looked = {
  readonly gates: Pick<Gates, 'provenance'>
  readonly attested: Attested
  /** Whether Lambda reports the candidate's code as signed, by one of the profiles; absent until there is a version. */
  readonly signed?: boolean | undefined
  /** Whether the hash of the code is known, by which signed statements name it. */
  readonly hashed?: boolean | undefined
}

// Anybody who may attest can add sentences; what is in the way comes first.
const sentencesMax = 3

export function provenanceOf({ attested, signed }: Looked): GateContext['provenance'] {
  return {
    commit: attested.bound === true || attested.commit !== undefined,
    bound: attested.bound === true,
    signed: signed === true,
    tests: testsWord(attested),
    scanned: attested.scan !== undefined,
    critical: attested.scan?.critical ?? 0,
    high: attested.scan?.high ?? 0,
    replaced: attested.replaced !== undefined,
    verified: attested.verified === true,
    ...(attested.builder === undefined ? {} : { builder: attested.builder }),
  }
}

export function requiredOf({ gates: { provenance: required }, signed, hashed }: Looked): GateContext['required'] {
  return {
    commit: required.commit,
    // For an artifact, this is known once Lambda has made a version of it, which is before the first step.
    signed: required.signed !== false && signed !== undefined,
    tests: required.tests,
    scan: required.scan !== undefined,
    criticalMax: required.scan?.critical ?? 0,
    highMax: required.scan?.high ?? 0,
    verified: required.verified && hashed === true,
    builders: hashed === true ? required.builders : [],
  }
}

const testsWord = ({ tests }: Attested): 'passed' | 'failed' | 'unknown' =>
  tests === undefined || tests.passed + tests.failed === 0 ? 'unknown' : tests.failed > 0 ? 'failed' : 'passed'

/** What is in the way, and what was said about it and does not count. */
export function provenanceWords({ gates, attested, signed, hashed }: Looked): string {
  const { commit, tests, signed: profiles, scan, verified, builders } = gates.provenance
  const { scan: found } = attested
  return [
    ...(commit && attested.bound !== true && attested.commit === undefined ? ['it names no commit'] : []),
    ...(tests && testsWord(attested) !== 'passed'
      ? [attested.tests === undefined ? 'no tests are attested' : `${attested.tests.failed} tests failed`]
      : []),
    ...(profiles !== false && signed === false
      ? [profiles === true ? 'its code is not signed' : `its code is not signed by ${profiles.by.join(' or ')}`]
      : []),
    ...(verified && hashed === true && attested.verified !== true ? ['no signed statement about it was verified'] : []),
    ...(builders.length > 0 && hashed === true && !builders.includes(attested.builder ?? '')
      ? [
          `signed provenance names ${attested.builder === undefined ? 'no builder' : nameWords(attested.builder)}, and not ${builders.map(nameWords).join(' or ')}`,
        ]
      : []),
    ...(scan === undefined
      ? []
      : found === undefined
        ? ['it has not been scanned']
        : found.critical > scan.critical || found.high > scan.high
          ? [`it was scanned with ${found.critical} critical and ${found.high} high findings`]
          : []),
    ...asides(attested),
  ].join('; ')
}

/** What a person should know besides, whether the gates are open or not. */
export const asides = ({ replaced = [], uncounted = [] }: Attested): readonly string[] => [
  ...uncounted.slice(0, sentencesMax),
  ...replaced.slice(0, sentencesMax),
]
