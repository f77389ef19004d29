// Lambda versions in memory. Publishing takes as many calls as Lambda is set to be busy for, and may be overtaken.
import type { Artifact } from '../../core/service/candidate.ts'
import { candidateWords } from '../../core/service/candidate.ts'
import { Problem } from '../../core/problem.ts'
import type { Versions } from '../../cloud/ports.ts'
import { codeOf, type MemoryFunctions, publishLatest, versionOf } from './functions.ts'

export type Uploads = {
  /** The codes of artifacts that cannot be read. */
  readonly missing: Set<string>
  /** How many looks Lambda stays busy after an upload. */
  busyLooks: number
}

export function memoryVersions(functions: MemoryFunctions, uploads: Uploads): Versions {
  return {
    describe: ({ functionName }, version) =>
      Promise.resolve(versionOf(functions.find(functionName), functionName, version)),
    provisioned: ({ functionName }) => {
      const lambda = functions.find(functionName)
      if (lambda === undefined) throw new Problem('version_missing', `There is no ${functionName}.`)
      return Promise.resolve(lambda.provisioned.map((qualifier) => ({ qualifier, environments: 2, state: 'ready' })))
    },
    wake({ functionName }, version) {
      const versions = functions.find(functionName)?.versions
      const found = versions?.get(version)
      if (found?.state === 'sleeping') versions?.set(version, { ...found, state: 'active' })
      return Promise.resolve()
    },
    publish(functionName, artifact) {
      const lambda = functions.find(functionName)
      if (lambda === undefined) throw new Problem('version_missing', `There is no ${functionName}.`)
      if (lambda.busyLooks > 0) {
        lambda.busyLooks -= 1
        return Promise.resolve(undefined)
      }
      const wanted = readable(uploads, artifact)
      if (lambda.overtakenBy !== undefined) {
        lambda.codeSha256 = lambda.overtakenBy
        delete lambda.overtakenBy
        throw new Problem('code_changed', `Another publisher replaced the code of ${functionName}.`)
      }
      if (lambda.codeSha256 !== wanted) {
        lambda.codeSha256 = wanted
        lambda.busyLooks = Math.max(0, uploads.busyLooks - 1)
        if (uploads.busyLooks > 0) return Promise.resolve(undefined)
      }
      return Promise.resolve(publishLatest(lambda))
    },
  }
}

function readable(uploads: Uploads, artifact: Artifact): string {
  const code = codeOf(artifact)
  if (!uploads.missing.has(code)) return code
  throw new Problem('artifact_missing', `Lambda could not read ${candidateWords(artifact)}.`)
}
