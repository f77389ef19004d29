// Answers to requests with an idempotency key in memory.
import type { KeptAnswers, KeyedRequest } from '../../../cloud/ports.ts'

const dayMs = 86_400_000

export function memoryKeptAnswers(): KeptAnswers {
  const items = new Map<string, { request: KeyedRequest; freeAtMs: number; answer?: string | undefined }>()
  return {
    take(key, request, atMs) {
      const found = items.get(key)
      if (found !== undefined && found.freeAtMs > atMs && found.request.id !== request.id)
        return Promise.resolve({ fingerprint: found.request.fingerprint, answer: found.answer })
      items.set(key, { request, freeAtMs: request.untilMs })
      return Promise.resolve(undefined)
    },
    end(key, request, answer) {
      if (items.get(key)?.request.id === request.id)
        items.set(key, { request, freeAtMs: answer === undefined ? 0 : request.untilMs + dayMs, answer })
      return Promise.resolve()
    },
  }
}
