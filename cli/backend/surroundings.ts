// What the program passes to the command spellings (cli/spelling/). They load the code of a command only when it is called.
import type { Backend } from './backend.ts'
import type { Screen } from './screen.ts'

export type Cli = { readonly backend: Backend; readonly screen: Screen }

export type Surroundings = {
  readonly screen: (options: { readonly json?: boolean }) => Screen
  readonly backend: () => Promise<Backend>
  readonly cli: (options: { readonly json?: boolean }) => Promise<Cli>
  readonly run: <A extends unknown[]>(action: (...args: A) => Promise<number>) => (...args: A) => Promise<void>
  readonly positive: (text: string) => number
  /** Waits; resolves to whether to go on, which is false after the user interrupted. */
  readonly pause: (ms: number) => Promise<boolean>
}
