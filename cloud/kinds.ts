// Every kind of item in the controller's table, and how the partition keys of its items begin. IAM knows no condition on a sort
// key, so a role can be kept to kinds only by the partition key (dynamodb:LeadingKeys). docs/decisions/0054 has the whole table.
// A key that is written here as `PREFIX#*` is one of many; the others are the only partition of their kind.
export const kinds = {
  /** The events of a release. Nothing else is in its partition, and nobody may delete there. */
  log: ['RELEASE#*'],
  /** Task tokens of executions that wait for a release. */
  waiter: ['WAITER#*'],
  snapshot: ['SNAPSHOT#*'],
  open: ['OPEN'],
  returnRecord: ['RETURN'],
  head: ['HISTORY#*'],
  service: ['SERVICE'],
  /** Every definition that was applied, and by whom. Nobody may delete one. */
  definition: ['DEFINITION#*'],
  /** Versions of its functions that were deleted. Nobody may delete one. */
  deletedVersion: ['DELETED#*'],
  /** Finds services by their triggers. */
  lookup: ['FIND#*', 'FINDABLE'],
  /** Of services, and places in concurrency groups. */
  lease: ['LEASE'],
  turn: ['TURN'],
  /** Releases that wait for the lease of their service. */
  queue: ['QUEUE'],
  /** Releases that wait for a place in a concurrency group. */
  waiting: ['WAITING#*'],
  line: ['LINE'],
  alarmWatch: ['ALARM#*'],
  budget: ['BUDGET#*'],
  attestation: ['ATTESTATION#*'],
  incident: ['INCIDENT#*'],
  /** Shifts of others: what was last seen of each alias, a row for each shift, and its log. */
  observed: ['OBSERVED#*', 'OBSERVEDLOG#*'],
  /** Watches of releases after their promotion that have not ended. */
  watch: ['WATCH'],
  outage: ['OUTAGE'],
  /** Messages that are kept until they are sent, which facts were told, and what was sent. */
  message: ['MESSAGE', 'TOLD', 'SENT'],
  /** Answers to requests that carried an idempotency key. */
  answer: ['ANSWER#*'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Kind = keyof typeof kinds

/** What readers of the table may see: no task tokens, with which an answer to a task decides in place of the controller. */
export const readable = (Object.keys(kinds) as readonly Kind[]).filter((kind) => kind !== 'waiter')

/** The patterns of kinds, as a policy names them. */
export const patternsOf = (some: readonly Kind[]): readonly string[] => some.flatMap((kind) => kinds[kind]).sort()

/** @param partitionKey of an item */
export const kindOf = (partitionKey: string): Kind | undefined =>
  (Object.keys(kinds) as readonly Kind[]).find((kind) =>
    kinds[kind].some((pattern) =>
      pattern.endsWith('*') ? partitionKey.startsWith(pattern.slice(0, -1)) : partitionKey === pattern,
    ),
  )
