// The package's `tidegate/core`: the schemas of what is written and stored, the fold of a release's log, and the verdict, for
// programs. Pure: no clock, no chance, no input or output.
export { Problem, type ProblemCode, problems } from '../core/problem.ts'
export { Service, ServiceDefinition } from '../core/service/service.ts'
export { parseDefinition } from '../core/service/definition.ts'
export { ReleaseEvent } from '../core/release/event.ts'
export { replay } from '../core/release/advance.ts'
export type { Release } from '../core/release/release.ts'
export { type Evidence, Verdict } from '../core/verdict/evidence/evidence.ts'
export { judge } from '../core/verdict/judge/judge.ts'
