// A cloud that fails one operation of the controller's, for as long as it is told to.
import type { RequestInfo } from '../../cloud/local/dispatch.ts'

export const refusing = (operation: string, until: () => boolean) => ({
  onRequest: (info: RequestInfo) => {
    if (info.phase === 'before' && info.operation === operation && info.caller.arn.includes('tidegate') && until())
      throw new Error('refused')
  },
})
