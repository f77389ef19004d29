// What the program lends to those who spell its commands (cli/spelling/), which load what a command needs when it is asked for.
import type { Backend } from './backend.ts'
import type { Screen } from './screen.ts'

export type Cli = { readonly backend: Backend; readonly screen: Screen }

export type Surroundings = {
  readonly screen: (options: { readonly json?: boolean }) => Screen
  readonly backend: () => Promise<Backend>
  readonly cli: (options: { readonly json?: boolean }) => Promise<Cli>
  readonly me: () => string
  readonly run: <A extends unknown[]>(action: (...args: A) => Promise<number>) => (...args: A) => Promise<void>
  readonly positive: (text: string) => number
  /** Waits, and says whether the person still wants to go on. */
  readonly pause: (ms: number) => Promise<boolean>
}
