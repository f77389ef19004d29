// Orders, version 2: knows gifts. Healthy.
import { consumer } from '../batch.mjs'

const take = ({ cents, gift }) => ({ cents, ...(gift === undefined ? {} : { to: gift.to }) })

export const handlerWith = (report) => consumer(take, report)
export const handler = handlerWith()
