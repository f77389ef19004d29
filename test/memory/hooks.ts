// Hook functions in memory: plain functions that get what would arrive as JSON.
import type { HookReply, Hooks } from '../../cloud/ports.ts'
import { asJson } from './executions.ts'
import type { MemoryFunctions } from './functions.ts'

/** Returns the hook's answer; throwing breaks the hook. */
export type MemoryHook = (payload: unknown) => unknown

const broken = (because: string): HookReply => ({ kind: 'broken', because })

export function memoryHooks(functions: MemoryFunctions, hooks: ReadonlyMap<string, MemoryHook>): Hooks {
  return {
    async call(functionName, payload) {
      const hook = hooks.get(functionName)
      if (hook === undefined) {
        const known = functions.find(functionName) !== undefined
        return known ? { kind: 'answered', payload: null } : broken(`there is no function ${functionName}`)
      }
      try {
        return { kind: 'answered', payload: asJson(await hook(asJson(payload))) }
      } catch (error) {
        const { name: errorType, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
        return { kind: 'broken', because: `${functionName} failed: ${message}`, errorType }
      }
    },
  }
}
