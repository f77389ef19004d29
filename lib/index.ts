// What a team's own CDK app takes from Tidegate.
export { ReleaseController, type ReleaseControllerProps } from './controller.ts'
export { ReleasedFunction, type ReleasedFunctionProps } from './released-function.ts'
