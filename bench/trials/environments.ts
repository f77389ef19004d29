// The execution environments of one version: each handles one request at a time, and a request that finds none free gets a new
// one (docs/aws.md §2.1). One of them is broken from some minute on and fails every request. Which of the free ones gets the next
// request is not documented, so it is a parameter.
import type { Draw } from './draw.ts'

export const choices = ['the latest used', 'any', 'the longest idle'] as const

type Environments = {
  /** Requests of the version a minute, and how long they take in the mean; lognormal with sigma .5. */
  readonly perMinute: number
  readonly meanMs: number
  readonly choice: (typeof choices)[number]
  /** In the broken one they take so many times as long. */
  readonly brokenFactor: number
  readonly brokenFrom: number
  readonly minutes: number
}

export type EnvironmentMinute = {
  readonly requests: number
  /** That began an environment. */
  readonly first: number
  /** That the broken one got. */
  readonly broken: number
  /** How many were busy at once, at most: the maximum of ConcurrentExecutions. */
  readonly busyMost: number
}

const minuteMs = 60_000
const sigma = 0.5

export function environmentMinutes(of: Environments, draw: Draw): readonly EnvironmentMinute[] {
  const counted = Array.from({ length: of.minutes }, () => ({ requests: 0, first: 0, broken: 0, busyMost: 0 }))
  /** Latest end first. */
  const busy: { readonly id: number; readonly endMs: number }[] = []
  const free: number[] = []
  let made = 0
  let brokenId: number | undefined
  const pick = (): number | undefined => {
    if (of.choice === 'the latest used') return free.pop()
    if (of.choice === 'the longest idle') return free.shift()
    return free.length === 0 ? undefined : free.splice(draw.between(0, free.length - 1), 1)[0]
  }
  for (let nowMs = 0; ;) {
    nowMs -= (Math.log(1 - draw.uniform()) * minuteMs) / of.perMinute
    const at = Math.floor(nowMs / minuteMs)
    const minute = counted[at]
    if (minute === undefined) return counted
    for (let next = busy.at(-1); next !== undefined && next.endMs <= nowMs; next = busy.at(-1)) {
      free.push(next.id)
      busy.pop()
    }
    const reused = pick()
    const id = reused ?? made++
    if (at >= of.brokenFrom) brokenId ??= id
    const takesMs =
      of.meanMs * Math.exp(sigma * draw.normal() - sigma ** 2 / 2) * (id === brokenId ? of.brokenFactor : 1)
    const endMs = nowMs + takesMs
    busy.splice(busy.findLastIndex((one) => one.endMs >= endMs) + 1, 0, { id, endMs })
    minute.requests++
    if (reused === undefined) minute.first++
    if (id === brokenId) minute.broken++
    minute.busyMost = Math.max(minute.busyMost, busy.length)
  }
}
