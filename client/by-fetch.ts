// Sends signed requests with `fetch`, in the form that the SDK's request handlers have.
type Request = {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export const byFetch = {
  async handle(signed: unknown) {
    const { protocol, hostname, port, path, query = {}, method, headers, body } = signed as Request
    const search = new URLSearchParams(query).toString()
    const url = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search === '' ? '' : `?${search}`}`
    const answer = await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) })
    return { response: { statusCode: answer.status, body: await answer.text() } }
  },
}
