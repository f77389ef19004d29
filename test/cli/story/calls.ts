// The main module of a process that makes the calls of its argument, a JSON list of words each, one after the other, and prints
// what each would have printed and ended with in a process of its own. To start one takes a third of a second of a core.
const [, , calls = '[]'] = process.argv
const print = process.stdout.write.bind(process.stdout)
// Each call listens to its end.
process.stdout.setMaxListeners(0)

type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string }

function ended(words: readonly string[], call: number): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = (text: unknown, ...rest: unknown[]) => {
      said[name] += String(text)
      const written = rest.at(-1)
      if (typeof written === 'function') queueMicrotask(written as () => void)
      return true
    }
  process.argv = [process.execPath, 'tidegate', ...words]
  return new Promise((resolve, reject) => {
    process.exit = ((status: number) => resolve({ status, ...said })) as typeof process.exit
    // Another module for each, as in another process; what it imports is shared.
    import(`../../../cli/program.ts?call=${call}`).catch(reject)
  })
}

const answers: Ended[] = []
for (const [call, words] of (JSON.parse(calls) as string[][]).entries()) answers.push(await ended(words, call))
print(JSON.stringify(answers))
