// What the services of the embedded cloud share: the request type, and the interfaces through which they call each other. No
// service imports another one; cloud.ts connects them.

/** An HTTP request as AWS SDKs send it. Header names are lower case. */
export type LocalRequest = {
  readonly method: string
  /** The service decodes it: a Lambda ARN in a path arrives percent-encoded. */
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

/** The caller, read from the credential scope of the signature. */
export type Caller = {
  readonly accessKeyId: string
  /** The session token of temporary credentials, which identifies a function. */
  readonly session?: string
  readonly arn: string
}

/** One AWS service. It gets only its own requests, and answers errors in its own protocol. */
export type LocalService = {
  handle(request: LocalRequest, caller: Caller): Promise<LocalResponse>
  /** What policies may test about the request, apart from its resource. */
  conditionsOf?(request: LocalRequest): ConditionKeys
}

/** IAM's condition keys of a request, by name. */
export type ConditionKeys = Readonly<Record<string, readonly string[]>>

/** An event for the default bus, which adds id, time, account and region. */
export type BusEvent = {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
  readonly resources?: readonly string[]
  /** Where it comes from, if it is forwarded from elsewhere. */
  readonly site?: Site
}

export type Bus = {
  /** Returns at once; matching rules are delivered in the background, with EventBridge's retries. */
  emit(event: BusEvent): void
}

export type Invocation = {
  readonly status: number
  readonly payload: Uint8Array
  readonly executedVersion: string
  /** `Unhandled` if the handler threw, timed out or its process died. */
  readonly functionError?: string
}

export type Invoker = {
  /** @param functionName a name, name:qualifier, partial or full ARN. @throws AwsError as the Lambda API would. */
  invoke(functionName: string, qualifier: string | undefined, payload: Uint8Array): Promise<Invocation>
  /**
   * Invokes asynchronously: returns once the event is accepted, which does not mean that the function will handle it.
   * @throws AwsError as the Lambda API would
   */
  take(functionName: string, qualifier: string | undefined, payload: Uint8Array): void
}

/** Queues for events that a service could not deliver. */
export type Queues = {
  /** @param message its attributes are strings. @throws AwsError as the SQS API would */
  send(
    queueArn: string,
    message: {
      readonly body: string
      readonly attributes?: Readonly<Record<string, string>>
      readonly senderId: string
    },
  ): void
}

/** A record in the form that Lambda passes to a function. */
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
  /** The number of records so far. */
  count(): number
  /** By position since the beginning; `undefined` if the record is older than a day. */
  at(place: number): StreamRecord | undefined
  subscribe(listener: () => void): void
}

export type Streams = {
  open(streamArn: string): Stream | undefined
}

export type MetricSink = {
  /** One observation, recorded for each of the dimension sets, as AWS/Lambda does. */
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

/** An account and region, which are part of every ARN that is created there. */
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
  'codedeploy',
  'sts',
  'application-signals',
  'cloudtrail',
  'ecr',
  'logs',
  'application-autoscaling',
  'secretsmanager',
  'ssm',
  'appconfig',
  'iam',
  'execute-api',
] as const
export type ServiceName = (typeof serviceNames)[number]

export type RequestInfo = {
  readonly service: ServiceName
  /** The SDK's name, such as `UpdateAlias` or `StartExecution`. */
  readonly operation: string
  readonly caller: Caller
  /** The caller's account, and the region that the request was signed for. */
  readonly site: Site
  readonly phase: 'before' | 'after'
}
