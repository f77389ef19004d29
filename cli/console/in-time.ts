// A backend that takes a connection and never answers is away as well. The SDK would wait for as long as the connection holds.
import { Problem } from '../../core/problem.ts'

const usualMs = 10_000

/** @throws Problem `aws_unavailable` if `read` takes longer, besides what it throws itself */
export async function inTime<T>(mostMs = usualMs, read: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Problem('aws_unavailable', `AWS has not answered for ${mostMs / 1000} seconds.`))
    }, mostMs)
  })
  try {
    return await Promise.race([read(), late])
  } finally {
    clearTimeout(timer)
  }
}
