// Sends exactly the headers that a test names, as no client of AWS would.
import { request } from 'node:http'

export type Raw = {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The body never ends. */
  readonly isOpen?: boolean
}

export function raw(
  url: string,
  { method = 'POST', path = '/', headers = {}, body = '', isOpen }: Raw,
): Promise<{ readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> }> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        sent.destroy()
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers })
      })
    })
    sent.on('error', reject)
    if (isOpen === true) sent.write('x')
    else sent.end(body)
  })
}
