// The package's `tidegate/core`: the schemas of what is written and stored, the fold of a release's log, and the verdict, for
// programs. Pure: no clock, no chance, no input or output.
export { Problem, type ProblemCode, problems } from './problem.ts'
export { Service, ServiceDefinition } from './service/service.ts'
export { parseDefinition } from './service/definition.ts'
export { ReleaseEvent } from './release/event.ts'
export { replay } from './release/advance.ts'
export type { Release } from './release/release.ts'
export { type Evidence, Verdict } from './verdict/evidence/evidence.ts'
export { judge } from './verdict/judge/judge.ts'
