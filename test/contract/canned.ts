// SDK clients with canned answers, for what AWS may answer and the embedded cloud does not: faults, partial data, races, lost
// answers. Clients, commands and errors are real; only the wire is replaced.

type Sent = { readonly command: string; readonly input: Record<string, unknown> }
type Stack = {
  add(
    middleware: (next: unknown, context: { commandName?: string }) => (args: { input: object }) => Promise<unknown>,
    options: { step: 'initialize'; priority: 'low' },
  ): void
}

/** Answers one call after the other; throws an answer that is an Error. Records what was sent. */
export function canned<C extends { middlewareStack: unknown }>(client: C, answers: readonly unknown[]): [C, Sent[]] {
  const sent: Sent[] = []
  const left = [...answers]
  const stack = client.middlewareStack as Stack
  stack.add(
    (_, context) => (args) => {
      sent.push({ command: context.commandName ?? '', input: { ...args.input } })
      if (left.length === 0) throw new Error(`no answer is left for ${context.commandName ?? ''}`)
      const answer = left.shift()
      if (answer instanceof Error) return Promise.reject(answer)
      return Promise.resolve({ output: { $metadata: {}, ...(answer as object) }, response: {} })
    },
    { step: 'initialize', priority: 'low' },
  )
  return [client, sent]
}

export const config = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 }
export const failure = (name: string, message = name): Error => Object.assign(new Error(message), { name })
