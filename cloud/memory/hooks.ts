// Hook functions in memory: plain functions, called with what would have arrived as JSON.
import type { HookReply, Hooks } from '../ports.ts'
import { asJson } from './executions.ts'
import type { MemoryFunctions } from './functions.ts'

/** Returns what the hook answers; whatever it throws breaks it. */
export type MemoryHook = (payload: unknown) => unknown

const broken = (because: string): HookReply => ({ kind: 'broken', because })

export function memoryHooks(functions: MemoryFunctions, hooks: ReadonlyMap<string, MemoryHook>): Hooks {
  return {
    async call(functionName, payload) {
      const [called = '', qualifier] = functionName.split(':')
      if (qualifier !== undefined) wakeUp(functions, called, qualifier)
      const hook = hooks.get(called)
      if (hook === undefined) {
        const known = functions.find(called) !== undefined
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

/** Lambda wakes a reclaimed version when it is invoked. */
function wakeUp(functions: MemoryFunctions, name: string, version: string): void {
  const versions = functions.find(name)?.versions
  const found = versions?.get(version)
  if (found?.state === 'sleeping') versions?.set(version, { ...found, state: 'active' })
}
