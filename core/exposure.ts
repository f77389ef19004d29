// When a release's candidate may have had traffic: from the first intent to shift until everything was back or promoted.
// Intents count and not their outcomes, because a write whose answer was lost has moved traffic all the same.
import type { ReleaseEvent } from './event.ts'

/** `toMs` moves on while events follow that end it. */
export type Exposure = { readonly fromMs: number; readonly toMs?: number }

export function exposureAfter(exposure: Exposure | undefined, event: ReleaseEvent): Exposure | undefined {
  switch (event.type) {
    case 'moveIntended':
      return exposure === undefined && event.move.purpose !== 'rollBack' ? { fromMs: event.atMs } : exposure
    case 'moved':
      return exposure === undefined || event.purpose === 'shift' ? exposure : { ...exposure, toMs: event.atMs }
    case 'interrupted':
      return exposure === undefined ? undefined : { ...exposure, toMs: event.atMs }
    default:
      return exposure
  }
}
