// How AWS writes the ARN of a workspace; also of the partition whose endpoints are named alike (docs/aws.md).
export const workspaceArn = /^arn:aws(?:-us-gov)?:aps:[a-z0-9-]{5,30}:\d{12}:workspace\/(ws-[a-z0-9-]{1,60})$/

/** @returns `undefined` for what is not the ARN of a workspace */
export const workspaceIdOf = (arn: string): string | undefined => workspaceArn.exec(arn)?.[1]
