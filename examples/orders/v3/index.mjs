// Orders, version 3: fails for gifts to nobody, one order in twelve. Lambda sees no error: the batch succeeds, and its answer
// names the messages that did not.
import { consumer } from '../batch.mjs'

const take = ({ cents, gift }) => (gift === undefined ? { cents } : { cents, to: gift.to.trim() })

export const handlerWith = (report) => consumer(take, report)
export const handler = handlerWith()
