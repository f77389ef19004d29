// Orders, version 5: correct, and asks another service about every order, one after the other: a batch takes four seconds.
import { setTimeout } from 'node:timers/promises'
import { consumer } from '../batch.mjs'

/** @param wait so many milliseconds; the embedded cloud has a time of its own */
export const handlerWith = (report, wait = setTimeout) =>
  consumer(async ({ cents }, context) => {
    await wait(400, context)
    return { cents }
  }, report)
export const handler = handlerWith()
