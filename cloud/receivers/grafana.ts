// Annotations in Grafana, by its HTTP API (docs/telemetry.md cites it). Grafana cannot create something once: the annotation of a
// release is looked for by its tags first, and corrected if it is there.
import * as z from 'zod'
import type { Annotation } from '../../core/view/release/annotation.ts'
import { addressUnder } from './address.ts'

type To = { readonly url: string; readonly token: string }

const timeoutMs = 8_000
const answerMost = 200_000

const Found = z.array(z.looseObject({ id: z.int().min(1), tags: z.array(z.string()).nullish() })).max(100)

/** Grafana shows the text of an annotation as HTML, with what it thinks harmless left in: links, for instance. */
const asText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** @returns what Grafana had against it */
export async function annotate(annotation: Annotation, to: To): Promise<string | undefined> {
  const { startMs, endMs, text, tags, found } = annotation
  const query = new URLSearchParams({ type: 'annotation', limit: '10' })
  for (const tag of found) query.append('tags', tag)
  const listed = await called(to, 'GET', `/api/annotations?${query.toString()}`)
  if ('refused' in listed) return listed.refused
  const there = Found.safeParse(listed.body)
  if (!there.success) return 'Its answer is no list of annotations.'
  const ids = there.data.filter((one) => found.every((tag) => one.tags?.includes(tag) === true)).map(({ id }) => id)
  const said = { time: startMs, timeEnd: endMs, text: asText(text), tags: [...tags] }
  const written =
    ids.length === 0
      ? await called(to, 'POST', '/api/annotations', said)
      : await called(to, 'PATCH', `/api/annotations/${Math.min(...ids)}`, said)
  return 'refused' in written ? written.refused : undefined
}

type Answer = { readonly body: unknown } | { readonly refused: string }

async function called({ url, token }: To, method: string, path: string, body?: object): Promise<Answer> {
  try {
    const response = await fetch(addressUnder(url, path), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token is for one host.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await textOf(response)
    if (response.status !== 200) return { refused: `HTTP ${response.status}` }
    if (text === undefined) return { refused: 'Its answer is too long.' }
    return { body: JSON.parse(text) as unknown }
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) }
  }
}

/** @returns `undefined` if it is longer than any answer should be */
async function textOf({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (body === null) return ''
  const stream: AsyncIterable<Uint8Array> = body
  for await (const chunk of stream) {
    size += chunk.length
    // Leaving the loop closes the connection.
    if (size > answerMost) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
