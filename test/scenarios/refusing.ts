// A cloud that fails one operation of the controller, or of one of its functions, until told otherwise.
import type { RequestInfo } from '../../cloud/local/protocol/service.ts'

export const refusing = (operation: string, until: () => boolean, who = 'tidegate') => ({
  onRequest: (info: RequestInfo) => {
    if (info.phase === 'before' && info.operation === operation && info.caller.arn.includes(who) && until())
      throw new Error('refused')
  },
})
