// What the services of the embedded cloud have in common: the request they get, and the few things they ask of each
// other. No service imports another one; cloud.ts introduces them.

/** An HTTP request as every AWS SDK sends it. Header names are lower case. */
export type LocalRequest = {
  readonly method: string
  /** Decoded by the service, not here: a Lambda ARN in a path arrives percent-encoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export type LocalResponse = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

/** Who calls, read from the credential scope of the signature. */
export type Caller = {
  readonly accessKeyId: string
  /** The token of temporary credentials: a function's. */
  readonly session?: string
  readonly arn: string
}

/** One AWS service: the request has been recognised as its own; errors are answered in the service's own protocol. */
export type LocalService = {
  handle(request: LocalRequest, caller: Caller): Promise<LocalResponse>
}

/** An event on the default bus; id, time, account and region are filled in by the bus. */
export type BusEvent = {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
  readonly resources?: readonly string[]
}

export type Bus = {
  /** Returns at once; matching rules are delivered in the background, with EventBridge's retries. */
  emit(event: BusEvent): void
}

export type Invocation = {
  readonly status: number
  readonly payload: Uint8Array
  readonly executedVersion: string
  /** `Unhandled` when the handler threw, timed out or its process died. */
  readonly functionError?: string
}

export type Invoker = {
  /** @param functionName a name, name:qualifier, partial or full ARN. @throws AwsError as the Lambda API would. */
  invoke(functionName: string, qualifier: string | undefined, payload: Uint8Array): Promise<Invocation>
  /**
   * Asynchronously: returns once the event is taken, which says nothing of whether the function will handle it.
   * @throws AwsError as the Lambda API would
   */
  take(functionName: string, qualifier: string | undefined, payload: Uint8Array): void
}

/** Where a service leaves what it could not deliver. */
export type Queues = {
  /** @param message its attributes are text. @throws AwsError as the SQS API would */
  send(
    queueArn: string,
    message: {
      readonly body: string
      readonly attributes?: Readonly<Record<string, string>>
      readonly senderId: string
    },
  ): void
}

/** As Lambda hands it to a function. */
export type StreamRecord = {
  readonly eventID: string
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly eventVersion: string
  readonly eventSource: string
  readonly awsRegion: string
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number
    readonly Keys: Readonly<Record<string, unknown>>
    readonly SequenceNumber: string
    readonly SizeBytes: number
    readonly StreamViewType: string
  }
  readonly eventSourceARN: string
}

export type Stream = {
  /** How many there have been so far. */
  count(): number
  /** By its place among all; `undefined` when it is older than a day. */
  at(place: number): StreamRecord | undefined
  subscribe(listener: () => void): void
}

export type Streams = {
  open(streamArn: string): Stream | undefined
}

export type MetricSink = {
  /** One observation. Emitted for each of the dimension sets, as AWS/Lambda does. */
  record(point: {
    readonly namespace: string
    readonly name: string
    readonly dimensionSets: readonly Readonly<Record<string, string>>[]
    readonly value: number
    readonly unit: string
    readonly atMs: number
  }): void
}

export const account = '000000000000'
export const defaultRegion = 'us-east-1'

/** An account and region: what is made there has both in its ARN. */
export type Site = { readonly account: string; readonly region: string }
export const home: Site = { account, region: defaultRegion }

export const serviceNames = [
  'lambda',
  'monitoring',
  'states',
  'events',
  'sns',
  'sqs',
  'dynamodb',
  's3',
  'codepipeline',
  'sts',
  'application-signals',
  'cloudtrail',
  'ecr',
  'logs',
  'iam',
] as const
export type ServiceName = (typeof serviceNames)[number]

export type RequestInfo = {
  readonly service: ServiceName
  /** As in the SDK: `UpdateAlias`, `StartExecution`. */
  readonly operation: string
  readonly caller: Caller
  /** The account of the caller, and the region that the request was signed for. */
  readonly site: Site
  readonly phase: 'before' | 'after'
}
