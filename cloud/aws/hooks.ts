// Calls a team's hook function through Lambda. A faulty hook is an answer of its own kind, not a Problem; Problems are for
// failures of AWS or of our permissions.
import { InvokeCommand } from '@aws-sdk/client-lambda'
import type { InvocationResponse, LambdaClient } from '@aws-sdk/client-lambda'
import { quoted } from '../../core/foreign-text.ts'
import type { HookReply, Hooks } from '../ports.ts'
import { asProblem, isNamed } from './failure.ts'
import { own } from '../../core/own.ts'

/** The SDK must not retry when an answer is lost: a retry would call the hook a second time. */
export const callsOnce = { maxAttempts: 1 }

export function awsHooks(client: LambdaClient): Hooks {
  return {
    async call(functionName, payload) {
      try {
        const command = new InvokeCommand({
          FunctionName: functionName,
          InvocationType: 'RequestResponse',
          Payload: new TextEncoder().encode(JSON.stringify(payload ?? null)),
        })
        return replyOf(functionName, await client.send(command))
      } catch (error) {
        if (isNamed(error, 'ResourceNotFoundException')) return broken(`there is no function ${functionName}`)
        throw asProblem(error, `lambda:InvokeFunction of ${functionName}`)
      }
    },
  }
}

const broken = (because: string) => ({ kind: 'broken' as const, because: because.slice(0, 500) })

function replyOf(functionName: string, { FunctionError, Payload }: InvocationResponse): HookReply {
  const text = new TextDecoder().decode(Payload)
  let payload: unknown
  try {
    payload = JSON.parse(text)
  } catch {
    const kind = FunctionError === undefined ? 'answered' : `failed (${FunctionError}) and answered`
    return broken(`${functionName} ${kind} with what is not JSON: ${quoted(text, undefined, 100)}`)
  }
  if (FunctionError === undefined) return { kind: 'answered', payload }
  const errorType = fieldOf(payload, 'errorType')
  const message = fieldOf(payload, 'errorMessage')
  if (isTimeout(errorType, message))
    return { kind: 'timedOut', because: `${functionName}: ${quoted(message ?? '', undefined, 400)}` }
  const reply = broken(`${functionName} failed: ${quoted(message ?? text, undefined, 400)}`)
  return errorType === undefined ? reply : { ...reply, errorType }
}

/**
 * Recognises Lambda's own timeout, as recorded in docs/aws.md §1.5: it has this error type, or, in the older form, none. An error
 * that the function throws always has a type, whatever its text says.
 */
function isTimeout(errorType: string | undefined, message = ''): boolean {
  if (errorType !== undefined) return errorType === 'Sandbox.Timedout'
  return /^\d{4}-\d\d-\d\dT\S+Z [\da-f-]{36} Task timed out after \d+\.\d\d seconds$/.test(message)
}

/** For an uncaught error, Lambda returns `{ errorType, errorMessage, trace }`. */
function fieldOf(payload: unknown, name: string): string | undefined {
  if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, name)) return undefined
  const value = own(payload as Readonly<Record<string, unknown>>, name)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
