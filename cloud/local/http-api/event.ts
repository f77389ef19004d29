// The event that an HTTP API gives a function, in payload format 2.0. All that it says of the caller comes from the signature.
import { principalOf, userIdOf } from '../protocol/credential.ts'
import type { Caller, LocalRequest, Site } from '../protocol/service.ts'

type Call = {
  readonly request: LocalRequest
  readonly caller: Caller
  readonly api: { readonly apiId: string; readonly site: Site }
  readonly route: { readonly routeKey: string; readonly pathParameters: Readonly<Record<string, string>> }
  readonly requestId: string
  readonly nowMs: number
}

export function eventOf({ request, caller, api: { apiId, site }, route, requestId, nowMs }: Call) {
  const { method, query } = request
  const { cookie, ...headers } = request.headers
  // HTTP APIs decode the path, though it is called raw (https://github.com/middleapi/standard-server/pull/93), and not the query
  // (https://github.com/ministackorg/ministack/issues/1035).
  const rawPath = decodeURIComponent(request.path)
  const { routeKey, pathParameters } = route
  const domainPrefix = apiId
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query.toString().replaceAll('+', '%20'),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    headers,
    ...(query.size === 0 ? {} : { queryStringParameters: combined(query) }),
    requestContext: {
      accountId: site.account,
      apiId,
      authorizer: { iam: identityOf(caller) },
      domainName: `${domainPrefix}.execute-api.${site.region}.amazonaws.com`,
      domainPrefix,
      http: {
        ...{ method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: timeOf(nowMs),
      timeEpoch: nowMs,
    },
    ...bodyOf(request),
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
  }
}

function identityOf({ accessKeyId, arn }: Caller) {
  const userId = userIdOf(arn)
  const none = { cognitoIdentity: null, principalOrgId: null }
  const { account: accountId } = principalOf(accessKeyId)
  return { accessKey: accessKeyId, accountId, callerId: userId, ...none, userArn: arn, userId }
}

/** Of a parameter that is there twice, both values, with a comma. */
const combined = (query: URLSearchParams): Record<string, string> =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]))

/** As text where the type says that it is text. A form does not. */
function bodyOf({ headers, body }: LocalRequest): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false }
  const isText = /^(text\/|application\/(json|xml|javascript)|$)/.test(headers['content-type'] ?? '')
  return { body: Buffer.from(body).toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

/** As in 12/Mar/2020:19:03:58 +0000. */
function timeOf(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(/[ ,]+/)
  return `${day ?? ''}/${month ?? ''}/${year ?? ''}:${time ?? ''} +0000`
}
