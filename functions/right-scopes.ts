// On what the functions of the controller may do something (permissions.ts).

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
  readonly hooks: 'function' | 'function version' | 'function alias'
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
