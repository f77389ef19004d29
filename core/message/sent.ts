// What was sent: a line for each message and the channels that took it, for whoever comes on call and asks what people were told.
import * as z from 'zod'
import { oneLine } from '../foreign-text.ts'
import { type Page, pageKinds } from '../page.ts'
import { type Channel, channels } from './kept.ts'

export const Sent = z.strictObject({
  atMs: z.int().min(0),
  key: z.string().min(1).max(400),
  kind: z.enum(pageKinds),
  subject: z.string().max(200),
  service: z.string().max(40).optional(),
  releaseId: z.string().max(110).optional(),
  to: z.array(z.enum(channels)).min(1).max(channels.length),
})
export type Sent = z.output<typeof Sent>

/** @param to the channels that took it */
export const sentOf = (
  { key, kind, subject, service, releaseId }: Page,
  to: readonly Channel[],
  atMs: number,
): Sent => ({
  ...{ atMs, kind, to: [...to], key: oneLine(key, 400), subject: oneLine(subject, 200) },
  ...(service === undefined ? {} : { service }),
  ...(releaseId === undefined ? {} : { releaseId }),
})
