// The keys by which services are looked up when they are not named: an artifact that triggers them, a function whose alias they
// move, the names of their incidents, whether they have error budgets, and whether they are only observed. The table
// has an entry for each key, so that nobody has to read every service.
import type { Candidate } from './candidate.ts'
import type { Service } from './service.ts'

export const serviceKey = {
  object: (bucket: string, key: string): string => `s3/${bucket}/${key}`,
  repository: (name: string): string => `ecr/${name}`,
  target: (functionName: string): string => `target/${functionName}`,
  incident: (key: string): string => `incident/${key}`,
  budgeted: 'budgeted',
  observed: 'observed',
} as const

/** Every key under which the service is found. */
export function keysOf({ name, mode, targets, triggers: { s3, ecr }, incidents, slos }: Service): readonly string[] {
  return [
    ...(s3 === undefined ? [] : [serviceKey.object(s3.bucket, s3.key)]),
    ...(ecr === undefined ? [] : [serviceKey.repository(ecr.repository)]),
    ...targets.map(({ functionName }) => serviceKey.target(functionName)),
    ...[...new Set([name, ...incidents.keys])].map((key) => serviceKey.incident(key)),
    ...(slos.length === 0 ? [] : [serviceKey.budgeted]),
    ...(mode === 'observe' ? [serviceKey.observed] : []),
  ]
}

/** The keys of services that the candidate may trigger; `triggers` (request.ts) says which it does. */
export function keysOfCandidate(candidate: Candidate): readonly string[] {
  switch (candidate.kind) {
    case 's3':
      return [serviceKey.object(candidate.bucket, candidate.key)]
    case 'image':
      return [serviceKey.repository(candidate.uri.slice(candidate.uri.indexOf('/') + 1, candidate.uri.indexOf('@')))]
    case 'versions':
      return Object.keys(candidate.versions).map((name) => serviceKey.target(name))
  }
}
