// Grafana's annotations, as its API documents them (grafana/grafana, docs/sources/developer-resources/api-reference/http-api,
// annotations; public/api-merged.json): what is not allowed there is refused.
import * as z from 'zod'
import type { Got } from './receiver.ts'

/** PostAnnotationsCmd and PatchAnnotationsCmd, without the fields that we do not send. */
const Post = z.strictObject({
  text: z.string().min(1),
  time: z.int().min(1),
  timeEnd: z.int().min(1),
  tags: z.array(z.string().min(1)),
})
type Kept = z.output<typeof Post>

export function grafanaApi(token: string) {
  const kept = new Map<number, Kept>()
  const answer = ({ method, path, authorization, body }: Got): { status: number; body: string } => {
    const url = new URL(path, 'http://grafana')
    const json = (status: number, value: unknown) => ({ status, body: JSON.stringify(value) })
    if (authorization !== `Bearer ${token}`) return json(401, { message: 'Unauthorized' })
    const id = Number(/^\/api\/annotations\/(\d+)$/.exec(url.pathname)?.[1])
    if (method === 'GET' && url.pathname === '/api/annotations') {
      const strange = [...url.searchParams.keys()].find((name) => !['type', 'tags', 'limit'].includes(name))
      if (strange !== undefined || url.searchParams.get('type') !== 'annotation') return json(400, { message: strange })
      const tags = url.searchParams.getAll('tags')
      return json(
        200,
        [...kept]
          .filter(([, one]) => tags.every((tag) => one.tags.includes(tag)))
          .map(([key, one]) => ({ id: key, dashboardUID: null, panelId: 0, userName: '', data: {}, ...one })),
      )
    }
    const parsed = Post.safeParse(JSON.parse(body.toString()))
    if (!parsed.success) return json(400, { message: parsed.error.message })
    if (method === 'POST' && url.pathname === '/api/annotations') {
      kept.set(kept.size + 1, parsed.data)
      return json(200, { message: 'Annotation added', id: kept.size })
    }
    if (method !== 'PATCH' || !kept.has(id)) return json(404, { message: 'Not found' })
    kept.set(id, parsed.data)
    return json(200, { message: 'Annotation patched' })
  }
  return { kept, answer }
}
