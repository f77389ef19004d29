// What the hook asks of the world.
import type { Answer } from '../core/shadow/features.ts'

export type Copy = {
  readonly functionName: string
  readonly version: string
  readonly shadow: string
  readonly copy: number
}

/** Whoever called the hook, and waits for what it says. */
export type Asker = {
  readonly release: string
  readonly hook: string
  readonly answer: { readonly function: string; readonly nonce: string; readonly before: string }
}

/** Who tries versions in a shadow, in which run of the hook, and until when at most. */
export type Claim = {
  readonly functionName: string
  readonly owner: string
  readonly run: number
  readonly untilMs: number
}

export type ShadowPorts = {
  readonly nowMs: () => number
  readonly random: () => number
  readonly rest: (ms: number) => Promise<void>
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly samples: {
    /** All that is kept of a function, as it is stored. */
    read(functionName: string): Promise<readonly unknown[]>
  }
  readonly shadows: {
    /** Deletes the versions of a shadow that are still there from a hook that died. */
    clear(shadow: string): Promise<void>
    /**
     * Publishes a version of a function in its shadow, under the shadow's role and with environments of its own.
     * @returns the version of the shadow
     * @throws Problem if that cannot be
     */
    make(copy: Copy): Promise<string>
    /** @returns nothing if it could not be called: that says nothing of the version */
    invoke(shadow: string, version: string, event: unknown): Promise<Answer | 'throttled' | undefined>
    /** A version that is not deleted now is deleted by the next hook. */
    remove(shadow: string, version: string): Promise<void>
    /** Its reserved concurrency, if it has one. */
    reserved(shadow: string): Promise<number | undefined>
  }
  readonly production: {
    /** Invocations of an alias in its busiest minute of the last 24 hours. */
    busiestMinute(functionName: string, alias: string): Promise<number | undefined>
    /** Invocations of an alias since then, if CloudWatch knows. @throws Problem */
    calls(functionName: string, alias: string, fromMs: number): Promise<number | undefined>
    /** In the last minutes: which share of the account's concurrency was claimed, and how many calls were throttled. */
    look(functionName: string): Promise<{ readonly claimed: number | undefined; readonly throttles: number }>
  }
  /** The hook works beside the call of the controller, in runs: each hands on to the next. */
  readonly runs: {
    /** @returns 'done' if this run has begun before (Lambda may deliver an event twice), or until when it is another's */
    claim(claim: Claim): Promise<'ours' | 'done' | { readonly untilMs: number }>
    free(claim: Claim): Promise<void>
    /** Calls the hook itself, and does not wait. */
    handOn(event: unknown): Promise<void>
    /** Says how far it is, or what came of it. @returns whether somebody still waits for it */
    tell(asker: Asker, result: 'pass' | 'fail' | 'unknown' | 'later', message: string): Promise<boolean>
  }
}
