// The public exports of Tidegate for a team's own CDK app.
export { IncidentsOut, type IncidentsOutProps } from './messages/incidents-out.ts'
export { TelemetryOut, type TelemetryOutProps } from './messages/telemetry-out.ts'
export { LogCopy, type LogCopyProps } from './log-copy.ts'
export { ReleaseController, type ReleaseControllerProps } from './controller.ts'
export type { ReleaseDashboards } from './release-dashboards.ts'
export { mayReleaseRule, type PipelineRelease, releaseAction, type ReleaseActionProps } from './pipeline.ts'
export { TargetAccess, type TargetAccessProps } from './target-access.ts'
export { ReleasedFunction, type ReleasedFunctionProps } from './released-function.ts'
