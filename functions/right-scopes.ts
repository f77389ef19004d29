// On what the functions of the controller may do something, and what provisioned concurrency takes (permissions.ts).

/** What an action is allowed on, and what AWS calls that kind of resource. */
export type Scopes = {
  /** Only items of some kinds: `itemRights`. */
  readonly table: 'table'
  readonly machine: 'statemachine'
  /** Executions of the state machine. */
  readonly executions: 'execution'
  /** The functions that are released. Lambda cannot restrict to one of their aliases (docs/aws.md §9). */
  readonly targets: 'function'
  /** Their versions and aliases: whatever is called with a qualifier. */
  readonly targetVersions: 'function version' | 'function alias'
  /** Functions that are only watched, and nothing else is allowed on. */
  readonly observed: 'function'
  readonly observedVersions: 'function version' | 'function alias'
  /** Roles that move targets in other accounts. */
  readonly targetRoles: 'role'
  /** Roles that only look at them. */
  readonly lookRoles: 'role'
  /** Versions of functions whose definitions let old ones be deleted: never a function. */
  readonly prunedVersions: 'function version'
  /** Functions whose definitions promise provisioned concurrency, and their versions. */
  readonly provisioned: 'function'
  readonly provisionedVersions: 'function version' | 'function alias'
  /** Functions whose definitions ask for headroom, and the numbers of the account: AWS takes no resource for these. */
  readonly headroom: 'function'
  readonly headroomOfAccount: never
  /** Which versions Application Auto Scaling scales: AWS takes no resource, so it is granted only where one is promised some. */
  readonly scaled: never
  /**
   * Scalable targets of functions whose definitions want them moved: AWS makes up their names, so no function is in them. What
   * they come to on its versions and alarms is asked with our rights (docs/aws.md §1.3).
   */
  readonly movedScaling: 'ScalableTarget'
  readonly movedScalingSeen: never
  readonly movedScalingVersions: 'function version' | 'function alias'
  readonly movedScalingAlarms: 'alarm'
  readonly hooks: 'function' | 'function version' | 'function alias'
  /** Queues and event source mappings that definitions name in `signals.consumers`. */
  readonly consumedQueues: 'queue'
  readonly consumedMappings: 'eventSourceMapping'
  readonly bus: 'event-bus'
  readonly topic: 'topic'
  /** The queue of what could not be handled. */
  readonly lost: 'queue'
  /** What telemetry waits in, the secrets of its receivers, and the keys that these are encrypted with. */
  readonly telemetryQueue: 'queue'
  readonly telemetrySecrets: 'Secret'
  readonly telemetryKeys: 'key'
  /** Copies of events of the logs. */
  readonly logCopies: 'object'
  /** The table's stream. */
  readonly stream: 'stream'
  /** SLOs of Application Signals that services name. */
  readonly reportedSlos: 'slo'
  /** Workspaces of Amazon Managed Service for Prometheus that services name. */
  readonly workspaces: 'workspace'
  /** Those of services that are only watched. */
  readonly observedWorkspaces: 'workspace'
  /** Secrets and environments of AppConfig that definitions name in `depends`. */
  readonly dependedSecrets: 'Secret'
  readonly dependedEnvironments: 'application' | 'environment'
  /** Parameters that they name: AWS takes no resource, so it is granted only where one does. */
  readonly dependedParameters: never
  /** Objects that versions are made from. */
  readonly artifacts: 'object'
  /** KMS keys that such objects are encrypted with. */
  readonly artifactKeys: 'key'
  /** Repositories of images that versions are made from. */
  readonly repositories: 'repository'
  /** AWS takes no resource for these actions, or none that would do. */
  readonly everything: never
}
export type Scope = keyof Scopes

/** What versions have, and whether there is room for more. */
export const seesRoom = {
  provisioned: ['lambda:ListProvisionedConcurrencyConfigs', 'lambda:GetFunctionConcurrency'],
  everything: ['lambda:GetAccountSettings'],
} as const
/** How much concurrency is free: read-only, and only where a definition asks for it. */
export const seesHeadroom = {
  headroom: ['lambda:GetFunctionConcurrency'],
  headroomOfAccount: ['cloudwatch:GetMetricData', 'lambda:GetAccountSettings'],
} as const
/** After a release one version has what is promised, and no other has any. */
export const leavesConcurrency = {
  provisioned: ['lambda:ListProvisionedConcurrencyConfigs', 'lambda:ListAliases'],
  provisionedVersions: ['lambda:PutProvisionedConcurrencyConfig', 'lambda:DeleteProvisionedConcurrencyConfig'],
  movedScaling: [
    'application-autoscaling:RegisterScalableTarget',
    'application-autoscaling:PutScalingPolicy',
    'application-autoscaling:PutScheduledAction',
    'application-autoscaling:DeregisterScalableTarget',
  ],
  movedScalingSeen: [
    'application-autoscaling:DescribeScalableTargets',
    'application-autoscaling:DescribeScalingPolicies',
    'application-autoscaling:DescribeScheduledActions',
    'cloudwatch:DescribeAlarms',
  ],
  movedScalingVersions: ['lambda:GetProvisionedConcurrencyConfig'],
  movedScalingAlarms: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
} as const

/** What a request must be besides, by operator StringEquals. */
export const onlyWhere: { readonly [S in Scope]?: Readonly<Record<string, string>> } = {
  movedScaling: {
    'application-autoscaling:service-namespace': 'lambda',
    'application-autoscaling:scalable-dimension': 'lambda:function:ProvisionedConcurrency',
  },
  // Nobody makes an alarm of their own by these.
  movedScalingAlarms: { 'aws:CalledViaLast': 'application-autoscaling.amazonaws.com' },
}
