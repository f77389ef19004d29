// Calls the API of a sandbox as API Gateway gets it, without a signature: in this process the access key tells who calls.
import type { Sandbox } from '../../../local/sandbox.ts'

type Sent = {
  readonly method?: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
export type Answered = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly said: Readonly<Record<string, unknown>>
}

export function callerOn({ cloud }: Pick<Sandbox, 'cloud'>, accessKeyId = 'ann') {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0`
  return async ({ method = 'GET', path, query = '', headers = {}, body = '' }: Sent): Promise<Answered> => {
    const answer = await cloud.handler({
      ...{ method, path, query: new URLSearchParams(query), headers: { ...headers, authorization } },
      body: Buffer.from(body),
    })
    const text = Buffer.from(answer.body).toString()
    const isJson = answer.headers['content-type']?.includes('json') === true
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      said: isJson ? (JSON.parse(text) as Answered['said']) : {},
    }
  }
}
